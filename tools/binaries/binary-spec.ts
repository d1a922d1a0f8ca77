import type { Version } from "./version.ts";

/** An operating system and processor as Go and the downloads name them, such as `linux-amd64`. */
export type Platform = `${"linux" | "darwin"}-${"amd64" | "arm64"}`;

/** How a download is known to be the right one, before anything of it is used. */
export type Checksum =
  /** Hex digests that stand in this repository. */
  | {
      readonly kind: "pinned";
      readonly algorithm: "sha512" | "sha256";
      readonly digests: Readonly<Partial<Record<Platform, string>>>;
    }
  /** A file beside the download that holds its digest: guards against accidents, not against the publisher. */
  | { readonly kind: "published"; readonly algorithm: "sha256"; readonly suffix: string }
  /** A file in the same folder that lists digests and names of many downloads; guards against as much. */
  | { readonly kind: "listed"; readonly algorithm: "sha256"; readonly file: string }
  /** Nothing is published to compare with: TLS names the publisher, and the length of the answer is all that is checked. */
  | { readonly kind: "unpublished" };

/** A published file and the binaries that it brings. */
export interface Download {
  /** Names the version in the cache. */
  readonly version: string;
  /** Where it is published: scheme and host. A mirror replaces it. */
  readonly origin: string;
  /** The path below the origin; undefined where nothing is published for the platform. */
  readonly path: (platform: Platform) => string | undefined;
  readonly checksum: Checksum;
  /** A .tar.gz archive with the path of each binary inside; or the bare binary itself. */
  readonly content:
    | { readonly kind: "archive"; readonly members: (platform: Platform) => Readonly<Record<string, string>> }
    | { readonly kind: "binary" };
}

/** What writing a module needs. */
export interface ModuleRun {
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

/** A Go package that is built in a module of this repository, whose go.sum pins every source, or in one that is written. */
export interface GoBuild {
  readonly version: string;
  /** Absolute path of the folder with go.mod and go.sum; or what writes these into a folder. */
  readonly module: string | ((folder: string, options: ModuleRun) => Promise<void>);
  readonly goPackage: string;
  readonly ldflags: string;
  /** Build tags, separated by commas. */
  readonly tags?: string;
  /** What to expect on two cores from an empty build cache, for the person who waits. */
  readonly typicalMinutes: number;
}

/** What the finder knows about one binary. */
export interface BinarySpec {
  readonly name: string;
  /** Oldest version accepted from KUBEBUILDER_ASSETS or the PATH. */
  readonly minimum: Version;
  /** Newer ones are not accepted from there either. */
  readonly exact?: boolean;
  /** Arguments that make it print its version; empty where nothing does: then every version is accepted. */
  readonly versionArgs: readonly string[];
  readonly download?: Download;
  readonly build?: GoBuild;
}
