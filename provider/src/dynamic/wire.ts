import * as z from "zod";

/** Properties as Pulumi's engine sends them: JSON, with unknowns in previews. */
export type Properties = Record<string, unknown>;

const propertiesSchema = z.record(z.string(), z.unknown());

/** How the engine writes a value that is not known yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** What stands for a value that only the update will know. */
export const unknownValue: string = UNKNOWN;

export function isUnknown(value: unknown): boolean {
  return value === UNKNOWN;
}

/** Whether anything inside is unknown. */
export function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isUnknown(value);
  return Object.values(value).some(hasUnknown);
}

/** A value that the engine keeps encrypted and never prints. */
export function secret(value: string): Properties {
  return { [SIGNATURE]: SECRET, value };
}

/** The text inside of a secret, or the text itself. */
export function unwrapSecret(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !(SIGNATURE in value)) return value;
  return "value" in value ? value.value : undefined;
}

/**
 * Properties as they can be sent: without `undefined`, at which the host throws only after our work is done, so that
 * what was just minted would be lost.
 */
export function sendable(properties: object): Properties {
  return propertiesSchema.parse(JSON.parse(JSON.stringify(properties)));
}
