const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/u;
const NAME_PART = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/u;
const SECRET_KEY = /^[-._a-zA-Z0-9]+$/u;

/** Whether a text is an RFC 1123 label: the name of a namespace, at most 63 characters. */
export function isDns1123Label(text: string): boolean {
  return text.length <= 63 && LABEL.test(text);
}

/** Whether a text is an RFC 1123 subdomain: the name of most objects, at most 253 characters. */
export function isDns1123Subdomain(text: string): boolean {
  return text.length <= 253 && SUBDOMAIN.test(text);
}

/** Whether a text is a qualified name, `[prefix/]name`: the key of a label or an annotation, a finalizer. */
export function isQualifiedName(text: string): boolean {
  const parts = text.split("/");
  const name = parts.pop() ?? "";
  const prefixFits = parts.length === 0 || (parts.length === 1 && isDns1123Subdomain(parts[0] ?? ""));
  return prefixFits && name.length <= 63 && NAME_PART.test(name);
}

/** The prefix of a qualified name, without the slash; `""` if it has none. */
export function qualifiedNamePrefix(text: string): string {
  const slash = text.indexOf("/");
  return slash === -1 ? "" : text.slice(0, slash);
}

/** Whether a text may be the value of a label: empty, or at most 63 characters. */
export function isLabelValue(text: string): boolean {
  return text === "" || (text.length <= 63 && NAME_PART.test(text));
}

/** Whether a text may be a key under `data` of a Secret or ConfigMap: at most 253 characters, not a relative path. */
export function isConfigKey(text: string): boolean {
  return text.length <= 253 && SECRET_KEY.test(text) && text !== "." && !text.startsWith("..");
}
