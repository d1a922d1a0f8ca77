import * as pulumi from "@pulumi/pulumi";
import { DESCRIPTION_LIMITS, installationOf, isInstallation, ownerOf } from "@signatureapi-keys/lifecycle";
import { API_KEY_TYPE } from "./bootstrap.ts";

/**
 * Who manages the keys of this stack: `signatureapi:installation`, or a digest over organization, project and stack.
 * @throws Error if the configuration holds something else than ten hex digits.
 */
export function installationOfStack(): string {
  const chosen = new pulumi.Config("signatureapi").get("installation");
  if (chosen === undefined) {
    return installationOf("pulumi", organization(), pulumi.getProject(), pulumi.getStack());
  }
  if (isInstallation(chosen)) return chosen;
  throw new Error(
    "signatureapi:installation must be ten hex digits, such as 0123456789; remove it to use the default of this stack.",
  );
}

/** The engine always says it; only a program's own unit tests, run with `setMocks`, may leave it out. */
function organization(): string {
  try {
    return pulumi.getOrganization();
  } catch {
    return "organization";
  }
}

/** Names the resource in the tags of its keys: a digest of its URN at creation. It is kept when the resource is renamed. */
export function ownerOfResource(name: string, parent: pulumi.Resource | undefined): pulumi.Output<string> {
  return pulumi.createUrn(name, API_KEY_TYPE, parent).apply(ownerOf);
}

/** The description of a key that declares none, cut to fit: `<project>/<stack>/<name>`. */
export function defaultDescription(name: string): string {
  const text = Array.from(`${pulumi.getProject()}/${pulumi.getStack()}/${name}`);
  // Characters take up to four bytes, and the limit in bytes is the tighter one for them.
  while (
    text.length > DESCRIPTION_LIMITS.characters ||
    Buffer.byteLength(text.join("")) > DESCRIPTION_LIMITS.bytes
  ) {
    text.pop();
  }
  return text.join("");
}
