/** A process that looks for the tool of test-archive.ts: `node test-find-tool.ts <SHA-512 of its archive>`. */
import { findBySpec } from "./find-binary.ts";
import { toolSpec } from "./test-archive.ts";

const digest = process.argv[2] ?? "";
const spec = toolSpec({ kind: "pinned", algorithm: "sha512", digests: { "linux-amd64": digest } });
process.stdout.write(await findBySpec(spec, { platform: "linux-amd64" }));
