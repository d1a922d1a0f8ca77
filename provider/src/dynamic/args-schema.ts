import {
  descriptionProblem,
  durationProblem,
  isInstallation,
  parseDuration,
} from "@signatureapi-keys/lifecycle";
import { LONGEST_VALUE, VALUE_CHARACTERS } from "@signatureapi-keys/management-api";
import * as z from "zod";
import { hasUnknown, isUnknown, type Properties } from "./wire.ts";

const HOUR = 3_600_000;

/** A property that is not what it must be: Pulumi prints both. */
export interface Failure {
  readonly property: string;
  readonly reason: string;
}

const duration = (least: number, text: string) =>
  z.string({ error: `must be a duration such as ${text}` }).superRefine((value, context) => {
    const message = durationProblem(value, least, text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

const rotationSchema = z
  .strictObject({
    every: duration(HOUR, "90d").optional(),
    early: duration(0, "7d").optional(),
    overlap: duration(0, "24h").optional(),
    trigger: z
      .string({ error: "must be a text, such as 2026-11" })
      .max(200, "is longer than 200 characters")
      .optional(),
  })
  .superRefine(({ every, early, overlap }, context) => {
    const period = every === undefined ? undefined : parseDuration(every);
    if (early !== undefined && every === undefined) {
      context.addIssue({
        code: "custom",
        path: ["early"],
        message: "needs `every`: without it nothing is due",
      });
    }
    if (period === undefined) return;
    for (const [name, text] of [
      ["early", early],
      ["overlap", overlap],
    ] as const) {
      const ms = text === undefined ? undefined : parseDuration(text);
      if (ms === undefined || ms < period) continue;
      context.addIssue({
        code: "custom",
        path: [name],
        message: `${text} must be shorter than every (${every})`,
      });
    }
  });

const adoptSchema = z.strictObject({
  keyId: z
    .string({ error: "must be the ID of a key (ak_…)" })
    .regex(
      /^(?!key_)[\w.~-]{1,255}$/,
      "must be the ID of a key, as the dashboard shows it (ak_…), and not its value",
    ),
  key: z
    .string({ error: "must be the value of the key, a text" })
    .regex(
      new RegExp(`^(?=.{1,${LONGEST_VALUE}}$)key_(test|live)_[${VALUE_CHARACTERS}]+$`),
      "must be the value of a key: it begins with key_test_ or key_live_, and has no spaces, quotes or line breaks",
    )
    .optional(),
});

const description = z.string({ error: "must be a text" }).superRefine((text, context) => {
  const problem = descriptionProblem(text);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});

/** What can be declared. @internal */
export const argsSchema = z
  .strictObject({
    mode: z.enum(["test", "live"], { error: 'must be "test" or "live"' }),
    description,
    rotation: rotationSchema.optional(),
    deletionPolicy: z.enum(["Revoke", "Retain"], { error: 'must be "Revoke" or "Retain"' }),
    adopt: adoptSchema.optional(),
    installation: z.string().refine(isInstallation, "must be ten hex digits"),
    owner: z.string().regex(/^[0-9a-f]{16}$/, "must be sixteen hex digits"),
  })
  .superRefine(({ mode, adopt }, context) => {
    if (adopt?.key === undefined || adopt.key.startsWith(`key_${mode}_`)) return;
    // Named after the property that may be unknown: an unknown one makes no mistakes.
    context.addIssue({
      code: "custom",
      path: ["mode"],
      message: `${mode} is declared, and adopt.key is not the value of a ${mode} key`,
    });
  });

/** What is declared, with defaults, after it was validated. */
export type Declared = z.infer<typeof argsSchema>;

/** What of the declared properties is missing in the result because it is not known before the update. */
export type PartlyDeclared = { readonly [Name in keyof Declared]?: Declared[Name] | undefined };

/** A value that satisfies the schema in the place of an unknown one. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  mode: "test",
  description: "unknown",
  deletionPolicy: "Revoke",
  installation: "0".repeat(10),
  owner: "0".repeat(16),
};

/** Names of our own that `ignoreChanges` copies from the old inputs into the new ones. */
const DERIVED = new Set(["generation", "rotateAt", "retiredGeneration", "retireAt", "__provider"]);

/**
 * Validates declared properties. Unknown ones pass, and are left out of the result.
 *
 * @returns each mistake with the property that makes it, or what is declared.
 */
export function parseArgs(news: Properties): { failures: Failure[] } | { declared: PartlyDeclared } {
  const given = Object.entries(news).filter(
    ([name, value]) => !DERIVED.has(name) && value !== undefined && value !== null,
  );
  const unknown = new Set(given.filter(([, value]) => isUnknown(value)).map(([name]) => name));
  const known = Object.fromEntries(
    given.filter(([name]) => !unknown.has(name)).map(([name, value]) => [name, withoutUnknown(value)]),
  );
  const examples = Object.fromEntries(Object.entries(EXAMPLES).filter(([name]) => unknown.has(name)));
  const parsed = argsSchema.safeParse({ ...known, ...examples });
  // Inside of an object an unknown may be a required part: only what is wrong with known values counts.
  const issues = (parsed.error?.issues ?? []).filter(({ path }) => !isUnknownAt(news, path));
  if (issues.length > 0) return { failures: issues.map(toFailure) };
  const declared: Properties = parsed.success ? parsed.data : known;
  return { declared: Object.fromEntries(Object.entries(declared).filter(([name]) => !unknown.has(name))) };
}

function withoutUnknown(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !hasUnknown(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, part]) => !isUnknown(part)));
}

function isUnknownAt(news: Properties, path: readonly PropertyKey[]): boolean {
  let value: unknown = news;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return false;
    value = Reflect.get(value, name);
    if (isUnknown(value)) return true;
  }
  return false;
}

function toFailure(issue: z.core.$ZodIssue): Failure {
  if (issue.code === "unrecognized_keys") {
    const property = [...issue.path, issue.keys[0]].map(String).join(".");
    return { property, reason: `there is no ${property}; check the spelling` };
  }
  const property = issue.path.map(String).join(".");
  return { property, reason: `${property} ${issue.message}`.replace(/^(\w+) the \1/, "the $1") };
}
