import * as z from "zod";
import { OPERATION_PATHS } from "../paths.ts";
import { FIELDS, PROBLEM_SLUGS, VALUES } from "./names.ts";

/**
 * A mapping of names: what the API calls the paths, fields, values and slugs of the contract. It holds names and nothing
 * more, so that no mapping can change what an answer means. The patterns are those of RE2, too: the chart's schema has them.
 */

const LONGEST_PATH = 200;
/** Segments of a path below the base URL. None consists of dots only, so that no path leads out of it. */
const SEGMENT = "[A-Za-z0-9_~-][A-Za-z0-9._~-]*";
const PLAIN_PATH = new RegExp(`^(/${SEGMENT})+$`);
const KEY_PATH = new RegExp(`^(/${SEGMENT})*/\\{id\\}(/${SEGMENT})*$`);
const FIELD = /^[A-Za-z_$][A-Za-z0-9_$-]{0,63}(\.[A-Za-z_$][A-Za-z0-9_$-]{0,63}){0,3}$/;
const PARAMETER = /^[A-Za-z_$][A-Za-z0-9_$-]{0,63}$/;
const HEADER = /^[A-Za-z0-9-]{1,64}$/;
const SCHEME = /^[A-Za-z0-9-]{0,32}$/;
const VALUE = /^[A-Za-z0-9_.:-]{1,64}$/;
const SLUG = /^[a-z0-9-]{1,64}$/;

function path(operation: keyof typeof OPERATION_PATHS): z.ZodOptional<z.ZodString> {
  const ofKey = OPERATION_PATHS[operation].includes("{id}");
  const error = ofKey
    ? "must be a path below the base URL with {id} in it once, such as /keys/{id}"
    : "must be a path below the base URL without {id}, such as /keys";
  return z
    .string()
    .max(LONGEST_PATH)
    .regex(ofKey ? KEY_PATH : PLAIN_PATH, { error })
    .optional();
}

/** An object that may name some of these, and nothing else. */
function some<Name extends string, Schema extends z.ZodType>(
  names: readonly Name[],
  schema: (name: Name) => Schema,
): z.ZodOptional<z.ZodObject<Record<Name, Schema>, z.core.$strict>> {
  // oxlint-disable-next-line no-unsafe-type-assertion -- fromEntries forgets the names
  const shape = Object.fromEntries(names.map((name) => [name, schema(name)])) as Record<Name, Schema>;
  return z.strictObject(shape).optional();
}

const field = (): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .regex(FIELD, { error: "must be the name of a field, or names with dots, such as paging.next" })
    .refine((name) => !name.split(".").some((part) => UNUSABLE.has(part)), {
      error: "is a name that no field can have",
    })
    .optional();

/** What would reach an object's prototype. */
const UNUSABLE = new Set(["__proto__", "constructor", "prototype"]);

const parameter = (): z.ZodOptional<z.ZodString> =>
  z.string().regex(PARAMETER, { error: "must be the name of a parameter of a query" }).optional();

const value = (): z.ZodOptional<z.ZodString> =>
  z.string().regex(VALUE, { error: "must be a value of letters, digits and _ . : -" }).optional();

const slug = (): z.ZodOptional<z.ZodString> =>
  z.string().regex(SLUG, { error: "must be a slug of small letters, digits and -" }).optional();

const objects = keysOf(FIELDS);
const enums = keysOf(VALUES);
const operations = keysOf(OPERATION_PATHS);

function keysOf<Name extends string>(constants: Readonly<Record<Name, unknown>>): readonly Name[] {
  // oxlint-disable-next-line no-unsafe-type-assertion -- the constants have no other keys
  return Object.keys(constants) as Name[];
}

/** The shape of a mapping, without the rules that cross its parts. The chart's schema of values has it. @internal */
export const mappingShape = z.strictObject({
  authentication: z
    .strictObject({
      header: z.string().regex(HEADER, { error: "must be the name of a header" }).optional(),
      scheme: z
        .string()
        .regex(SCHEME, { error: "must be a word such as Bearer, or empty for the token alone" })
        .optional(),
    })
    .optional(),
  paths: some(operations, path),
  fields: some(objects, (object) =>
    some<string, z.ZodOptional<z.ZodString>>(FIELDS[object], object === "query" ? parameter : field),
  ),
  values: some(enums, (name) => some<string, z.ZodOptional<z.ZodString>>(VALUES[name], value)),
  problems: some(PROBLEM_SLUGS, slug),
});

/** What the API calls the things of the contract; what is absent has the contract's name. */
export type ContractMapping = z.infer<typeof mappingShape>;

/** The names that an object has under a mapping, by those of the contract. */
export function namesUnder<Name extends string>(
  names: readonly Name[],
  given: Partial<Record<string, string | undefined>> | undefined,
): readonly { readonly ours: Name; readonly theirs: string }[] {
  return names.map((ours) => ({ ours, theirs: given?.[ours] ?? ours }));
}

/** Two things with one name could not be distinguished, so a mapping must keep all names apart. */
export const contractMappingSchema = mappingShape.superRefine((mapping, context) => {
  const refuse = (place: string[], message: string): void => {
    context.addIssue({ code: "custom", path: place, message });
  };
  for (const object of objects) {
    const names = namesUnder(FIELDS[object], mapping.fields?.[object]);
    for (const [ours, other] of clashes(names, (a, b) => a === b || a.startsWith(`${b}.`)))
      refuse(["fields", object, ours], `would be the same field as ${other}, or a part of it`);
  }
  for (const name of enums) {
    const names = namesUnder(VALUES[name], mapping.values?.[name]);
    for (const [ours, other] of clashes(names, (a, b) => a === b))
      refuse(["values", name, ours], `would be the same value as ${other}`);
  }
  for (const [ours, other] of clashes(namesUnder(PROBLEM_SLUGS, mapping.problems), (a, b) => a === b))
    refuse(["problems", ours], `would be the same slug as ${other}`);
  const pathOf = (operation: "getAccount" | "listApiKeys") =>
    mapping.paths?.[operation] ?? OPERATION_PATHS[operation];
  if (pathOf("getAccount") === pathOf("listApiKeys"))
    refuse(["paths", "getAccount"], "would be the same path as listApiKeys");
});

function clashes(
  names: readonly { readonly ours: string; readonly theirs: string }[],
  clash: (a: string, b: string) => boolean,
): readonly [string, string][] {
  return names.flatMap((one, index) =>
    names.flatMap((other, otherIndex): [string, string][] =>
      index !== otherIndex && clash(one.theirs, other.theirs) ? [[one.ours, other.ours]] : [],
    ),
  );
}
