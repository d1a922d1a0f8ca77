import { VALUES } from "../../contract/mapping/names.ts";
import { apiKeyIdSchema, apiKeySchema } from "../../contract/schemas.ts";
import { schemaMismatch } from "../../client/answer.ts";
import { isRecord } from "../../contract/mapping/move.ts";
import { keysOf } from "../read-walk.ts";
import { differs, holds } from "../verdict.ts";
import { each, inShort, isProblem, NO_KEYS, ofStep, shownKeys, type Judge } from "./words.ts";

/** Fields with rows of their own are left to those rows. */
const fieldsSchema = apiKeySchema.omit({ id: true, created_at: true, revoked_at: true });
const NAMES = ["id", "created_at", "revoked_at"];

function of(expected: string, fits: (key: Record<string, unknown>) => boolean): Judge {
  return (seen) =>
    each(shownKeys(seen), fits, {
      expected,
      seen: (wrong, all) => `${wrong} of ${all} keys with something else`,
      none: NO_KEYS,
    });
}

const has = (known: readonly string[], value: unknown): boolean => known.some((one) => one === value);

/** The rules for a key without its value. */
export const KEYS = {
  "key-fields": (seen) => {
    const keys = shownKeys(seen);
    const [wrong] = keys.flatMap((key) => {
      const parsed = fieldsSchema.safeParse(key);
      const lacks = NAMES.filter((name) => !(name in key));
      if (lacks.length > 0) return [`no ${lacks.join(", ")}`];
      if (!parsed.success) return [`another ${schemaMismatch(parsed.error)}`];
      return key["status"] === "active" && key["revoked_at"] !== null ? ["revoked_at of an active key"] : [];
    });
    return each(keys, () => wrong === undefined, {
      expected: "id, description, mode, status, created_at, revoked_at and hint",
      seen: () => wrong ?? "",
      none: NO_KEYS,
    });
  },
  "key-enums": of(
    "mode test or live, status active or revoked",
    ({ mode, status }) => has(VALUES.mode, mode) && has(VALUES.status, status),
  ),
  "key-hint": of(
    "a hint of four characters",
    ({ hint }) => typeof hint === "string" && Array.from(hint).length === 4,
  ),
  "key-id": of(
    "an ID of visible ASCII characters, not beginning with key_",
    ({ id }) => apiKeyIdSchema.safeParse(id).success,
  ),
  "value-once": ({ steps }) => {
    const reads = Object.entries(steps).filter(([step]) => !["create", "createAgain", "roll"].includes(step));
    const shown = reads.filter(([, answer]) => answer.showsValue).length;
    if (shown > 0) return differs("no value in a read", `a value, or a field key, in ${shown} answers`);
    return shownKeys({ steps, baseUrl: "", throttled: [] }).length === 0 ? NO_KEYS : holds();
  },
  "get-key": ofStep("key", (answer, seen) => {
    if (answer.status !== 200) return differs("200", inShort(answer));
    const got = isRecord(answer.body) ? answer.body : {};
    const listed = keysOf(seen.steps.list).find(({ id }) => id === got["id"]);
    if (listed === undefined) return differs("the key of the request", "another key");
    const other = Object.keys(apiKeySchema.shape).filter((name) => got[name] !== listed[name]);
    return other.length === 0
      ? holds()
      : differs("the key as the list has it", `another ${other.join(", ")}`);
  }),
  "not-found": ofStep("unknownKey", (answer) => isProblem(answer, 404, "not-found")),
} satisfies Record<string, Judge>;
