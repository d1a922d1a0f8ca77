import type { MintRequest } from "../account/mint-policy.ts";
import { keyOf } from "../kube/index.ts";
import type { ApiKeyEnvironment } from "./environment.ts";
import type { ApiKeyDocument } from "./document.ts";

/** What an account's policy asks of an ApiKey. The labels of a namespace that no cache shows are not known. */
export function mintRequestOf(
  { namespaces }: Pick<ApiKeyEnvironment, "namespaces">,
  { mode, metadata: { namespace } }: Pick<ApiKeyDocument, "mode" | "metadata">,
): MintRequest {
  const found = namespaces?.get(keyOf({ metadata: { name: namespace } }));
  return { mode, namespace, namespaceLabels: found && (found.metadata.labels ?? {}) };
}
