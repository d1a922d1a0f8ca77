import { readdir, readFile } from "node:fs/promises";

const FOLDER = new URL("../../examples/kubernetes/quickstart/", import.meta.url);
const VENDOR = "https://api.signatureapi.com/v1";
const PLACEHOLDER = "REPLACE-WITH-YOUR-MANAGEMENT-TOKEN";
/** The token that the emulator takes by default. */
const EMULATOR_TOKEN = "emulator-token";

/** Where the manifests stand, as a user of the checkout would write it. */
export const QUICKSTART = "examples/kubernetes/quickstart";
export const NAMESPACE = "signatureapi-quickstart";
export const NAME = "checkout";

/** A manifest of the quickstart, made for the emulator. */
export interface Manifest {
  readonly file: string;
  readonly text: string;
}

/**
 * Reads the manifests, with the emulator's address in place of the vendor's, and its token in place of the placeholder.
 *
 * @throws Error where one of the two is not there to be replaced: then the demo would show something untrue.
 */
export async function quickstartFor(baseUrl: string): Promise<readonly Manifest[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith(".yaml")).toSorted();
  const originals = await Promise.all(files.map(async (file) => readFile(new URL(file, FOLDER), "utf8")));
  for (const text of [VENDOR, PLACEHOLDER]) {
    if (!originals.some((original) => original.includes(text)))
      throw new Error(`${QUICKSTART} does not contain ${text}`);
  }
  return files.map((file, i) => ({
    file,
    text: (originals[i] ?? "").replaceAll(VENDOR, baseUrl).replaceAll(PLACEHOLDER, EMULATOR_TOKEN),
  }));
}

/** An ApiKey that names a Secret which exists and is not its own: the credentials. */
export const REFUSED = { name: "invoices", secret: "signatureapi-credentials" } as const;

export const REFUSED_MANIFEST = `apiVersion: signatureapi.com/v1
kind: ApiKey
metadata: {name: ${REFUSED.name}, namespace: ${NAMESPACE}}
spec: {mode: live, secret: {name: ${REFUSED.secret}}}
`;
