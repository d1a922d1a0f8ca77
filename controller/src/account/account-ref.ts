/** Which account: one of a namespace, or one of the cluster. */
export type AccountRef =
  | { readonly kind: "Account"; readonly namespace: string; readonly name: string }
  | { readonly kind: "ClusterAccount"; readonly name: string };

/** A text that names an account, for maps and logs. */
export function accountKey(ref: AccountRef): string {
  return ref.kind === "Account" ? `Account ${ref.namespace}/${ref.name}` : `ClusterAccount ${ref.name}`;
}

/** How an account is named in metrics and logs. */
export function accountLabels(ref: AccountRef): {
  kind: AccountRef["kind"];
  namespace: string;
  name: string;
} {
  return { kind: ref.kind, namespace: ref.kind === "Account" ? ref.namespace : "", name: ref.name };
}

/** The key of an account in a queue: that of its object. */
export function queueKeyOf(ref: AccountRef): string {
  return ref.kind === "Account" ? `${ref.namespace}/${ref.name}` : ref.name;
}

/** The reverse of {@link queueKeyOf}. */
export function accountRefOfKey(key: string): AccountRef {
  const slash = key.indexOf("/");
  if (slash < 0) return { kind: "ClusterAccount", name: key };
  return { kind: "Account", namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
