import * as z from "zod";

/**
 * The wire format of the management contract. Answers are open (unknown fields and enum values pass: the vendor calls
 * additive changes not breaking); requests are strict. `openapi.yaml` is generated from here.
 */

/** The longest description, in code points: what the vendor's own CLI takes. */
const MAX_DESCRIPTION_LENGTH = 255;
/** The largest page of a list (vendor's documentation). */
export const MAX_PAGE_SIZE = 20;

export const modeSchema = z.enum(["test", "live"]).meta({
  description: "test keys are free and never legally binding; live keys make real, binding envelopes.",
});
export type Mode = z.infer<typeof modeSchema>;

/** A string with known values that may get more: clients must accept values they do not know. */
function openEnum(known: readonly string[], description: string): z.ZodString {
  return z.string().meta({
    description: `${description} Known values: ${known.join(", ")}; more may be added.`,
    examples: [...known],
  });
}

const timeSchema = z.iso
  .datetime({ offset: true })
  .meta({ description: "ISO 8601 in UTC with milliseconds.", examples: ["2026-11-02T09:30:00.000Z"] });

const descriptionSchema = z
  .string()
  .refine((text) => text !== "" && Array.from(text).length <= MAX_DESCRIPTION_LENGTH, {
    error: `must be 1 to ${MAX_DESCRIPTION_LENGTH} characters long`,
  })
  .meta({
    minLength: 1,
    maxLength: MAX_DESCRIPTION_LENGTH,
    description: "What the key is for.",
    examples: ["Checkout service"],
  });

/** The longest ID of a key, in characters. */
export const LONGEST_ID = 255;
/** The shortest and the longest value of a key, in characters. */
const SHORTEST_VALUE = 16;
export const LONGEST_VALUE = 1024;
/**
 * The characters of values, inside of a class of a regular expression. Values are written into files and templates as they
 * are: none of these means anything to a shell, in a `.env` file, in JSON or in YAML.
 */
export const VALUE_CHARACTERS = "A-Za-z0-9_.~+/=-";

/** An ID goes into URLs, logs and annotations; one that looked like a key would be taken for a secret. */
export const apiKeyIdSchema = z
  .string()
  .regex(new RegExp(`^(?!key_)[\\x21-\\x7e]{1,${LONGEST_ID}}$`))
  .meta({
    description: "Opaque; its format may change without notice. It never starts with `key_`.",
    examples: ["ak_0123456789abcdef"],
  });

const apiKeyFields = {
  id: apiKeyIdSchema,
  description: z.string().meta({ description: "What the key is for.", examples: ["Checkout service"] }),
  mode: openEnum(modeSchema.options, "Whether the key makes test or live requests."),
  status: openEnum(["active", "revoked"], "Whether the key still works."),
  created_at: timeSchema,
  revoked_at: timeSchema.nullable(),
  hint: z
    .string()
    .max(16)
    .meta({ description: "The last four characters of the value.", examples: ["a1b2"] }),
};

export const apiKeySchema = z
  .looseObject(apiKeyFields)
  .meta({ description: "An API key without its value." });
export type WireApiKey = z.infer<typeof apiKeySchema>;

export const apiKeyWithValueSchema = z
  .looseObject({
    ...apiKeyFields,
    // A template may put the ID next to the value, as unescaped.
    id: z
      .string()
      .regex(new RegExp(`^(?!key_)[:@${VALUE_CHARACTERS}]{1,${LONGEST_ID}}$`))
      .meta({ description: "The ID of the key.", examples: ["ak_0123456789abcdef"] }),
    key: z
      .string()
      .regex(new RegExp(`^[${VALUE_CHARACTERS}]{${SHORTEST_VALUE},${LONGEST_VALUE}}$`))
      .meta({
        format: "password",
        description: "The value, shown here and never again. It starts with key_test_ or key_live_.",
      }),
  })
  .meta({ description: "An API key with its value. Only create and roll answer with it." });
export type WireApiKeyWithValue = z.infer<typeof apiKeyWithValueSchema>;

export const linksSchema = z
  .looseObject({
    next: z
      .string()
      .nullable()
      .meta({ description: "The next page: an opaque URL to follow, never to build." }),
    previous: z.string().nullable().meta({ description: "The previous page: an opaque URL to follow." }),
  })
  .meta({ description: "Where the neighbouring pages are." });

export const apiKeyListSchema = z
  .looseObject({ links: linksSchema, data: z.array(apiKeySchema).max(1000) })
  .meta({ description: "A page of unrevoked API keys, newest first." });
export type WireApiKeyList = z.infer<typeof apiKeyListSchema>;

export const accountSchema = z
  .looseObject({
    id: z
      .string()
      .regex(/^(?!key_)[\x21-\x7e]{1,255}$/)
      .meta({
        description: "Opaque; its format may change without notice.",
        examples: ["acc_0123456789abcdef"],
      }),
    name: z.string().meta({ examples: ["Acme Inc."] }),
    live_mode: openEnum(["enabled", "disabled", "paused"], "Whether live keys can be created."),
    permissions: z.array(openEnum(["manage_api_keys"], "What the token may do.")),
  })
  .meta({ description: "The account that the management token belongs to." });
export type WireAccount = z.infer<typeof accountSchema>;

export const createApiKeyRequestSchema = z
  .strictObject({ mode: modeSchema, description: descriptionSchema })
  .meta({ description: "The key to create." });

export const updateApiKeyRequestSchema = z
  .strictObject({ description: descriptionSchema })
  .meta({ description: "The new description." });

/** Sent with every create and roll, and never relied on: the vendor documents no idempotency. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/)
  .meta({ description: "One per attempt. It helps if the API honours it; nothing relies on that." });

/** What every vendor problem's `type` starts with; the rest is the slug. */
export const PROBLEM_TYPE_PREFIX = "https://signatureapi.com/docs/v1/errors/";

export const problemSchema = z
  .looseObject({
    type: z.string().meta({
      description: `${PROBLEM_TYPE_PREFIX}<slug>. Branch on it and on the status, never on the detail.`,
      examples: [`${PROBLEM_TYPE_PREFIX}not-found`],
    }),
    title: z.string().meta({ examples: ["Not found"] }),
    status: z
      .int()
      .min(400)
      .max(599)
      .meta({ examples: [404] }),
    detail: z.string().optional().meta({ description: "For people. Absent in a validation-error." }),
    errors: z
      .array(z.string())
      .optional()
      .meta({ description: "Only in a validation-error: one line per mistake." }),
  })
  .meta({ description: "A problem (RFC 9457)." });
export type WireProblem = z.infer<typeof problemSchema>;
