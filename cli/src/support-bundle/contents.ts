import type { BundleFile } from "./archive.ts";

/** A part of a bundle: files, or why there are none. */
export type Part =
  | { readonly what: string; readonly files: readonly BundleFile[] }
  | { readonly what: string; readonly missing: string };

/** The page that says what is in a bundle, and what is not. It comes first in the archive. */
export function contentsPage(
  parts: readonly Part[],
  made: { readonly at: Date; readonly version: string },
): BundleFile {
  const lines = parts.map((part) =>
    "files" in part
      ? `- ${part.what}: ${part.files.map(({ name }) => name).join(", ") || "none there"}`
      : `- ${part.what}: missing, ${part.missing}`,
  );
  const text = `Support bundle of kubectl-signatureapi ${made.version}, made ${made.at.toISOString()}

What is in it
${lines.join("\n")}

What is not in it
- Values of Secrets: only the metadata of Secrets was requested, unless --secret-entries was given. Then the names of
  their entries are listed, and the values were dropped when they arrived.
- Texts that users write: descriptions, templates, triggers, values of annotations and of unknown labels, variables of
  the Deployment. "[redacted: N characters]" is in their place.
- In messages, logs and metrics: what looks like a key, a token, a password or a private key, as "[redacted]".

Look through it before you send it.
`;
  return { name: "CONTENTS.txt", text };
}
