import {
  ACCOUNTS,
  API_KEYS,
  CLUSTER_ACCOUNTS,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import type { ObjectRef, ResourceKind } from "@signatureapi-keys/controller/kube";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";

/** One object of ours that the command line names. */
export interface Target {
  readonly type: ResourceKind<CustomObject>;
  readonly ref: ObjectRef;
  /** `apikey/checkout`, as it can be given again. */
  readonly shown: string;
}

const TYPES: Readonly<Record<string, ResourceKind<CustomObject>>> = {
  apikey: API_KEYS,
  apikeys: API_KEYS,
  account: ACCOUNTS,
  accounts: ACCOUNTS,
  clusteraccount: CLUSTER_ACCOUNTS,
  clusteraccounts: CLUSTER_ACCOUNTS,
};

/**
 * Reads `NAME` or `KIND/NAME`; a name alone is that of an ApiKey.
 * @param kinds the kinds that the command takes
 * @throws UsageError if it is neither, or of a kind that the command does not take
 */
export async function readTarget(
  context: Context,
  text: string,
  kinds: readonly ResourceKind<CustomObject>[] = [API_KEYS],
): Promise<Target> {
  const slash = text.indexOf("/");
  const [kindName, name] = slash === -1 ? ["apikey", text] : [text.slice(0, slash), text.slice(slash + 1)];
  const type = TYPES[kindName.toLowerCase().replace(/\.signatureapi\.com$/u, "")];
  const isKnown = type !== undefined && kinds.includes(type);
  if (!isKnown || !/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/u.test(name)) {
    const forms = kinds.map(({ kind }) => `${kind.toLowerCase()}/NAME`).join(", ");
    throw new UsageError(`${JSON.stringify(text)} names no object; write NAME or ${forms}`);
  }
  const ref = type.namespaced ? { namespace: await context.namespace(), name } : { name };
  return { type, ref, shown: `${type.kind.toLowerCase()}/${name}` };
}

/** ` -n shop` for the end of a command about an object, or nothing for a cluster-scoped one. */
export function inNamespace(namespace: string | undefined): string {
  return namespace === undefined ? "" : ` -n ${namespace}`;
}
