import { redactText } from "./text.ts";

/**
 * Which fields of an object are taken in, as paths: `spec.mode`, `spec.allow[].modes[]`. A path that ends in `.**` takes in
 * everything below it. All other texts are replaced by their length, so that a secret in a field that nobody expected it
 * in stays where it is.
 */
export type Fields = readonly string[];

/** Redacts a JSON value. Fields and their names stay; numbers and booleans stay. */
export function redactObject(value: unknown, fields: Fields): unknown {
  return walk(value, "", matcher(fields));
}

type Matches = (path: string) => boolean;

function matcher(fields: Fields): Matches {
  const exact = new Set(fields.filter((field) => !field.endsWith(".**")));
  const below = fields.filter((field) => field.endsWith(".**")).map((field) => field.slice(0, -3));
  return (path) =>
    exact.has(path) ||
    below.some((start) => path === start || path.startsWith(`${start}.`) || path.startsWith(`${start}[`));
}

function walk(value: unknown, path: string, matches: Matches): unknown {
  if (typeof value === "string") return matches(path) ? redactText(value) : lengthOf(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, `${path}[]`, matches));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      redactText(name),
      walk(inner, path === "" ? name : `${path}.${name}`, matches),
    ]),
  );
}

/** What is shown in place of a text that is not taken in. */
export function lengthOf(text: string): string {
  return `[redacted: ${text.length} characters]`;
}
