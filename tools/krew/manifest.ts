/** An archive of the plugin for one platform. */
interface Archive {
  /** `kubectl-signatureapi-linux-amd64.tar.gz`. */
  readonly name: string;
  /** Hex digits. */
  readonly sha256: string;
}

/** What a manifest is made of. */
export interface Release {
  /** Without the `v`. */
  readonly version: string;
  readonly homepage: string;
  /** The URL of the release's files, without a slash at its end. */
  readonly files: string;
  readonly archives: readonly Archive[];
}

const ARCHIVE = /^kubectl-signatureapi-(?<os>linux|darwin|windows)-(?<arch>amd64|arm64)\.tar\.gz$/u;

const DESCRIPTION = `Shows the way from a SignatureAPI account to each ApiKey, its Secret and the
Pods that use it, with what is wrong and what to do. Rotates keys, waits for
rotations and retirements, and shows the events and the log of the
signatureapi-controller. It never reads the value of a key.
`;

/**
 * The manifest by which krew installs the plugin.
 * @throws Error if the name of an archive is none of ours, or there is no archive
 */
export function krewManifest({ version, homepage, files, archives }: Release): object {
  if (archives.length === 0) throw new Error("there is no archive to install");
  return {
    apiVersion: "krew.googlecontainertools.github.com/v1alpha2",
    kind: "Plugin",
    metadata: { name: "signatureapi" },
    spec: {
      version: `v${version}`,
      homepage,
      shortDescription: "Show and rotate API keys of SignatureAPI",
      description: DESCRIPTION,
      platforms: archives.map((archive) => platformOf(archive, files)),
    },
  };
}

function platformOf({ name, sha256 }: Archive, files: string): object {
  const { os, arch } = ARCHIVE.exec(name)?.groups ?? {};
  if (os === undefined || arch === undefined)
    throw new Error(`${name} is not named kubectl-signatureapi-OS-ARCH.tar.gz`);
  const bin = `kubectl-signatureapi${os === "windows" ? ".exe" : ""}`;
  return {
    selector: { matchLabels: { os, arch } },
    uri: `${files}/${name}`,
    sha256,
    bin,
    files: [bin, "LICENSE", "THIRD-PARTY-LICENSES.txt"].map((from) => ({ from, to: "." })),
  };
}
