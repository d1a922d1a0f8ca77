import * as z from "zod";
import {
  accountSchema,
  apiKeyIdSchema,
  apiKeyListSchema,
  apiKeySchema,
  apiKeyWithValueSchema,
  createApiKeyRequestSchema,
  idempotencyKeySchema,
  linksSchema,
  MAX_PAGE_SIZE,
  modeSchema,
  problemSchema,
  PROBLEM_TYPE_PREFIX,
  updateApiKeyRequestSchema,
} from "./schemas.ts";

/** The contract as an OpenAPI 3.1 document; every schema comes from `schemas.ts`. */
export function openApiDocument(): object {
  return {
    openapi: "3.1.0",
    info: {
      title: "SignatureAPI management API (assumed contract)",
      version: "0.1.0",
      description: DESCRIPTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [
      {
        url: "https://api.signatureapi.com/v1",
        description: "Both modes. That this API is here is assumed.",
      },
    ],
    security: [{ managementToken: [] }],
    tags: [{ name: "Account" }, { name: "API keys" }],
    paths: PATHS,
    components: {
      securitySchemes: {
        managementToken: {
          type: "http",
          scheme: "bearer",
          description:
            "ASSUMED. A management token. Not an API key: a key must not be able to create keys. A mapping of names can set another header and scheme.",
        },
      },
      schemas: componentSchemas(),
      responses: problemResponses(),
    },
  };
}

const DESCRIPTION = `How this project expects SignatureAPI to let API keys be managed.

**Assumed.** The vendor documents no REST endpoint for API keys. Paths, field names, the way of authentication and the
slugs \`invalid-token\`, \`test-key-exists\` and (for create) the status of \`live-mode-disabled\` are this project's
assumption, in the vendor's house style.

**Documented by the vendor.** The base URL and \`/v1\`; JSON in snake_case; problem+json with its \`type\`s; the list
envelope, \`limit\` and opaque links; ISO 8601 times; the rate limit and a 429 without \`Retry-After\`; that a key is
shown once, that revoking is permanent and immediate, that an account has one test key, and what a live key needs.

Additive changes are not breaking: clients accept unknown fields, error types and enum values.`;

const COMPONENTS: Readonly<Record<string, z.ZodType>> = {
  Account: accountSchema,
  ApiKey: apiKeySchema,
  ApiKeyWithValue: apiKeyWithValueSchema,
  ApiKeyList: apiKeyListSchema,
  CreateApiKeyRequest: createApiKeyRequestSchema,
  Links: linksSchema,
  Mode: modeSchema,
  Problem: problemSchema,
  UpdateApiKeyRequest: updateApiKeyRequestSchema,
};

function componentSchemas(): object {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(COMPONENTS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => {
      // The format says it; the pattern is a screenful.
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
    },
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plainSchema(schema)]));
}

/** Drops what is true of every schema in an OpenAPI 3.1 document. */
function plainSchema(schema: object): object {
  return Object.fromEntries(
    Object.entries(schema).filter(([name]) => name !== "$schema" && name !== "$id" && name !== "id"),
  );
}

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string, example?: object) => ({
  "application/json": { schema: ref(name), ...(example && { example }) },
});

const PROBLEMS: Readonly<
  Record<string, { status: number; title: string; description: string; errors?: string[] }>
> = {
  InvalidToken: {
    status: 401,
    title: "Invalid token",
    description: "`invalid-token`: the management token is missing, wrong or revoked. ASSUMED slug.",
  },
  LiveModePaused: {
    status: 402,
    title: "Live mode paused",
    description: "`live-mode-paused`: live mode is paused.",
  },
  Forbidden: {
    status: 403,
    title: "Forbidden",
    description:
      "`forbidden`: the token lacks the permission Manage API keys. On create also `live-mode-disabled`: the account " +
      "is not upgraded or has no payment method (ASSUMED status: the data plane says 401).",
  },
  NotFound: {
    status: 404,
    title: "Not found",
    description: "`not-found`: no such object in this account, or revoked.",
  },
  TestKeyExists: {
    status: 409,
    title: "Test key exists",
    description: "`test-key-exists`: the account has its one test key already. ASSUMED.",
  },
  ValidationError: {
    status: 422,
    title: "Validation error",
    description: "`validation-error`: has `errors` and no `detail`.",
    errors: ["description: must be 1 to 255 characters long"],
  },
  TooManyRequests: {
    status: 429,
    title: "Too many requests",
    description:
      "`too-many-requests`: beyond 10 requests per second with a burst of 10. Carries no Retry-After: try again after " +
      "1 s, doubling, and stop after 5.",
  },
};

function problemResponses(): object {
  return Object.fromEntries(
    Object.entries(PROBLEMS).map(([name, { status, title, description, errors }]) => {
      const type = PROBLEM_TYPE_PREFIX + title.toLowerCase().replaceAll(" ", "-");
      const example = { type, title, status, ...(errors ? { errors } : { detail: `${title}.` }) };
      return [
        name,
        { description, content: { "application/problem+json": { schema: ref("Problem"), example } } },
      ];
    }),
  );
}

/** The problems of an operation, by status. */
function problems(...names: string[]): object {
  const all = ["InvalidToken", ...names, "TooManyRequests"];
  return Object.fromEntries(
    all.map((name) => [String(PROBLEMS[name]?.status), { $ref: `#/components/responses/${name}` }]),
  );
}

const API_KEY_EXAMPLE = {
  id: "ak_0123456789abcdef",
  description: "Checkout service",
  mode: "live",
  status: "active",
  created_at: "2026-11-02T09:30:00.000Z",
  revoked_at: null,
  hint: "a1b2",
};
/** Deliberately not what a value looks like. */
const API_KEY_WITH_VALUE_EXAMPLE = { ...API_KEY_EXAMPLE, key: "<the-value-shown-once>" };
const LIST_EXAMPLE = { links: { next: null, previous: null }, data: [API_KEY_EXAMPLE] };
const ACCOUNT_EXAMPLE = {
  id: "acc_0123456789abcdef",
  name: "Acme Inc.",
  live_mode: "enabled",
  permissions: ["manage_api_keys"],
};

const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "ASSUMED. One per attempt; sent always and never relied on.",
  schema: inline(idempotencyKeySchema),
};
const API_KEY_ID = {
  name: "id",
  in: "path",
  required: true,
  description: "The ID of the API key.",
  schema: inline(apiKeyIdSchema),
};

function inline(schema: z.ZodType): object {
  const { description: _, ...rest } = plainSchema(z.toJSONSchema(schema)) as { description?: string };
  return rest;
}

/** Where the ID of a created key can go next, for tools that follow links. */
const KEY_LINKS = Object.fromEntries(
  ["getApiKey", "updateApiKey", "rollApiKey", "revokeApiKey"].map((operationId) => [
    operationId,
    { operationId, parameters: { id: "$response.body#/id" } },
  ]),
);

const PATHS = {
  "/account": {
    get: {
      operationId: "getAccount",
      tags: ["Account"],
      summary: "The account that the management token belongs to",
      description: "ASSUMED.",
      responses: {
        "200": { description: "The account.", content: json("Account", ACCOUNT_EXAMPLE) },
        ...problems(),
      },
    },
  },
  "/api-keys": {
    get: {
      operationId: "listApiKeys",
      tags: ["API keys"],
      summary: "List the unrevoked API keys, newest first",
      description: "ASSUMED path; the envelope is documented. Follow `links.next`, never build it.",
      parameters: [
        {
          name: "mode",
          in: "query",
          required: false,
          description: "Only keys of this mode.",
          schema: ref("Mode"),
        },
        {
          name: "limit",
          in: "query",
          required: false,
          description: "The largest number of keys in the answer.",
          schema: { type: "integer", minimum: 1, maximum: MAX_PAGE_SIZE, default: MAX_PAGE_SIZE },
        },
      ],
      responses: {
        "200": { description: "A page of API keys.", content: json("ApiKeyList", LIST_EXAMPLE) },
        ...problems("ValidationError"),
      },
    },
    post: {
      operationId: "createApiKey",
      tags: ["API keys"],
      summary: "Create an API key; the answer shows its value once, ever",
      description:
        "ASSUMED path. Never repeat it blindly. After a time-out, a reset, a 5xx or an unreadable answer, a key may exist whose value no process has.",
      parameters: [IDEMPOTENCY_KEY],
      requestBody: {
        required: true,
        content: json("CreateApiKeyRequest", { mode: "live", description: "Checkout service" }),
      },
      responses: {
        "201": {
          description: "The API key with its value.",
          headers: {
            Location: {
              description: "The URL of the new API key.",
              required: true,
              schema: { type: "string" },
            },
          },
          content: json("ApiKeyWithValue", API_KEY_WITH_VALUE_EXAMPLE),
          links: KEY_LINKS,
        },
        ...problems("LiveModePaused", "Forbidden", "TestKeyExists", "ValidationError"),
      },
    },
  },
  "/api-keys/{id}": {
    parameters: [API_KEY_ID],
    get: {
      operationId: "getApiKey",
      tags: ["API keys"],
      summary: "One API key, revoked or not",
      description: "ASSUMED.",
      responses: {
        "200": { description: "The API key.", content: json("ApiKey", API_KEY_EXAMPLE) },
        ...problems("NotFound"),
      },
    },
    patch: {
      operationId: "updateApiKey",
      tags: ["API keys"],
      summary: "Change the description",
      description: "ASSUMED.",
      requestBody: {
        required: true,
        content: json("UpdateApiKeyRequest", { description: "Checkout service, EU" }),
      },
      responses: {
        "200": { description: "The API key.", content: json("ApiKey", API_KEY_EXAMPLE) },
        ...problems("Forbidden", "NotFound", "ValidationError"),
      },
    },
    delete: {
      operationId: "revokeApiKey",
      tags: ["API keys"],
      summary: "Revoke an API key, permanently and at once",
      description: "ASSUMED path. A second call answers 404: both mean revoked.",
      responses: { "204": { description: "Revoked." }, ...problems("Forbidden", "NotFound") },
    },
  },
  "/api-keys/{id}/roll": {
    parameters: [API_KEY_ID],
    post: {
      operationId: "rollApiKey",
      tags: ["API keys"],
      summary: "Give an API key a new value; the answer shows it once, ever",
      description: "ASSUMED. The ID stays; the old value stops at once. Never repeat it blindly.",
      parameters: [IDEMPOTENCY_KEY],
      responses: {
        "200": {
          description: "The API key with its new value.",
          content: json("ApiKeyWithValue", API_KEY_WITH_VALUE_EXAMPLE),
          links: KEY_LINKS,
        },
        ...problems("Forbidden", "NotFound", "ValidationError"),
      },
    },
  },
};
