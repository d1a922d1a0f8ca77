import type { AccountRef } from "../account/runtime.ts";
import { lenientSpec } from "../resources/lenient.ts";
import type { CustomObject } from "../resources/types.ts";

/** The account that an ApiKey refers to, also where its spec does not fit the schema. */
export function accountRefOf(object: CustomObject): AccountRef {
  const { kind, name = "default" } = lenientSpec(object).accountRef ?? {};
  if (kind === "ClusterAccount") return { kind, name };
  return { kind: "Account", namespace: object.metadata.namespace ?? "", name };
}
