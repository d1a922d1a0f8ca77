import type { BinarySpec } from "./binary-spec.ts";
import { formatVersion } from "./version.ts";

/** The ways to get a binary, in the order in which they are tried. */
const WAYS = ["KUBEBUILDER_ASSETS", "PATH", "cache", "download", "build"] as const;
export type Way = (typeof WAYS)[number];

function advice(spec: BinarySpec, cache: string): Readonly<Record<Way, string>> {
  const wanted = `${spec.name} ${formatVersion(spec.minimum)} or later`;
  return {
    KUBEBUILDER_ASSETS: `set it to a folder with ${wanted} ("setup-envtest use -p path" prints one)`,
    PATH: `install ${wanted}`,
    cache: `filled by the two ways below; ${cache} may be copied from a machine where they work`,
    download:
      "allow the address above, or name a mirror with SIGNATUREAPI_KEYS_DOWNLOAD_MIRROR " +
      "(behind a proxy: HTTPS_PROXY with NODE_USE_ENV_PROXY=1)",
    build: "install a Go that is new enough, with access to a module proxy (GOPROXY)",
  };
}

/** No way led to the binary: says what each one answered and what can be done about it. */
export class BinaryNotFoundError extends Error {
  override readonly name = "BinaryNotFoundError";
  readonly reasons: Readonly<Partial<Record<Way, string>>>;

  constructor(spec: BinarySpec, cache: string, reasons: Readonly<Partial<Record<Way, string>>>) {
    const toDo = advice(spec, cache);
    const lines = WAYS.flatMap((way) => [`  ${way}: ${reasons[way] ?? "not tried"}`, `    -> ${toDo[way]}`]);
    super(
      `${spec.name} could not be found, downloaded or built. One of these is enough:\n${lines.join("\n")}`,
    );
    this.reasons = reasons;
  }
}
