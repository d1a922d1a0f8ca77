/** Shorter values occur in any text by chance; taking them out would only garble messages. */
const SHORTEST_SECRET = 6;

/**
 * Makes a function that takes the values under `data` and `stringData` of a request's body, as given, decoded and
 * encoded, out of a text. The API server echoes what it cannot decode or admit: a refused merge patch comes back whole.
 */
export function redactorFor(body: unknown): (text: string) => string {
  const secrets = new Set<string>();
  collect(body, false, secrets);
  const ordered = [...secrets]
    .filter((s) => s.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length);
  return (text) => ordered.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
}

function collect(value: unknown, secret: boolean, into: Set<string>): void {
  if (typeof value === "string") {
    if (secret) addForms(value, into);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, secret || isSecretOperation(item), into);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      collect(inner, secret || key === "data" || key === "stringData", into);
    }
  }
}

/** A JSON patch operation on something under `/data` or `/stringData`. */
function isSecretOperation(item: unknown): boolean {
  if (typeof item !== "object" || item === null || !("path" in item)) return false;
  return typeof item.path === "string" && /^\/(data|stringData)(\/|$)/u.test(item.path);
}

function addForms(value: string, into: Set<string>): void {
  for (const form of [value, decoded(value), Buffer.from(value).toString("base64")]) {
    if (form === undefined) continue;
    into.add(form);
    // As it looks inside a JSON document that is quoted in a message, once or twice.
    const quoted = JSON.stringify(form).slice(1, -1);
    into.add(quoted);
    into.add(JSON.stringify(quoted).slice(1, -1));
    for (const line of form.split("\n")) into.add(line);
  }
}

function decoded(value: string): string | undefined {
  if (value.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/u.test(value)) return undefined;
  return Buffer.from(value, "base64").toString("utf8");
}
