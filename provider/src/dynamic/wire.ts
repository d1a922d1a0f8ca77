import * as z from "zod";

/** Properties as Pulumi's engine sends them: JSON, with unknowns in previews. */
export type Properties = Record<string, unknown>;

const propertiesSchema = z.record(z.string(), z.unknown());

/** How the engine writes a value that only the update will know. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Whether a value is not known before the update. */
export function isUnknown(value: unknown): boolean {
  return value === UNKNOWN;
}

/** Whether a value, or any part of it, is not known before the update. */
export function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isUnknown(value);
  return Object.values(value).some(hasUnknown);
}

/** Marks a value as secret: the engine keeps it encrypted and never prints it. */
export function secret(value: string): Properties {
  return { [SIGNATURE]: SECRET, value };
}

/** The text inside of a secret, or the text itself. */
export function unwrapSecret(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !(SIGNATURE in value)) return value;
  return "value" in value ? value.value : undefined;
}

/**
 * Properties without `undefined`. The host throws at one, and only after our work is done, so that a key that was just
 * minted would be lost.
 */
export function sendable(properties: object): Properties {
  return propertiesSchema.parse(JSON.parse(JSON.stringify(properties)));
}
