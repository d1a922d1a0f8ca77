import * as z from "zod";
import { accountRules, accountSpecSchema, accountStatusSchema, clusterAccountSpecSchema } from "./account.ts";
import { apiKeySpecSchema, apiKeyStatusSchema } from "./apikey.ts";
import { GROUP, VERSION } from "./names.ts";
import { rules, UNOBSERVED } from "./schema.ts";

/** A JSON object. */
type Json = Record<string, unknown>;

/** An additional column of `kubectl get`. */
interface Column {
  readonly name: string;
  readonly type: "string" | "date" | "integer";
  readonly jsonPath: string;
  readonly description: string;
  /** 1 shows the column only with `-o wide`. */
  readonly priority?: 1;
}

/** What a kind's CustomResourceDefinition is made of. */
interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly rootRules: Json;
  readonly columns: readonly Column[];
}

const AGE: Column = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Since creation.",
};
const READY: Column = {
  name: "Ready",
  type: "string",
  jsonPath: '.status.conditions[?(@.type=="Ready")].status',
  description: "Whether it can be used.",
};
const REASON: Column = {
  name: "Reason",
  type: "string",
  jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
  description: "Why, in one word.",
};
const DEGRADED: Column = {
  name: "Degraded",
  type: "string",
  jsonPath: '.status.conditions[?(@.type=="Degraded")].reason',
  description: "What is wrong with a key that works, in one word.",
};
const MESSAGE: Column = {
  name: "Message",
  type: "string",
  jsonPath: '.status.conditions[?(@.type=="Ready")].message',
  description: "Why, in a sentence.",
  priority: 1,
};

// Immutability is a rule at the root, on effective values: a rule on an optional field does not run when the
// field appears or disappears.
const EFFECTIVE_SECRET = (object: string): string =>
  `(has(${object}.spec.secret.name) ? ${object}.spec.secret.name : ${object}.metadata.name)`;

const KINDS: readonly Kind[] = [
  {
    kind: "ApiKey",
    plural: "apikeys",
    singular: "apikey",
    shortNames: ["ak"],
    namespaced: true,
    description: "An API key of SignatureAPI whose value is delivered into a Secret of the same namespace.",
    spec: apiKeySpecSchema,
    status: apiKeyStatusSchema,
    rootRules: rules(
      ["size(self.metadata.name) <= 63", "metadata.name must have at most 63 characters"],
      ["self.spec.mode == oldSelf.spec.mode", "spec.mode is immutable: declare a new ApiKey"],
      [
        "self.spec.accountRef == oldSelf.spec.accountRef",
        "spec.accountRef is immutable: declare a new ApiKey",
      ],
      [
        "self.spec.secret.type == oldSelf.spec.secret.type",
        "spec.secret.type is immutable: declare a new ApiKey",
      ],
      [
        `${EFFECTIVE_SECRET("self")} == ${EFFECTIVE_SECRET("oldSelf")}`,
        "spec.secret.name is immutable (metadata.name by default): declare a new ApiKey",
      ],
      [
        "!(has(oldSelf.status) && has(oldSelf.status.keyId)) || (has(self.spec.adopt) == has(oldSelf.spec.adopt) && (!has(self.spec.adopt) || self.spec.adopt == oldSelf.spec.adopt))",
        "spec.adopt can only be set before a key is minted",
      ],
    ),
    columns: [
      READY,
      { name: "Mode", type: "string", jsonPath: ".spec.mode", description: "test or live." },
      {
        name: "Secret",
        type: "string",
        jsonPath: ".status.secretName",
        description: "The Secret that holds the value.",
      },
      { name: "Key", type: "string", jsonPath: ".status.keyId", description: "The vendor's ID of the key." },
      REASON,
      DEGRADED,
      AGE,
      {
        name: "Hint",
        type: "string",
        jsonPath: ".status.hint",
        description: "The value's last four characters.",
        priority: 1,
      },
      {
        name: "Next rotation",
        type: "date",
        jsonPath: ".status.nextRotationAt",
        description: "When the key is due for replacement.",
        priority: 1,
      },
      MESSAGE,
    ],
  },
  {
    kind: "Account",
    plural: "accounts",
    singular: "account",
    shortNames: [],
    namespaced: true,
    description: "An account of SignatureAPI, for the ApiKeys of its own namespace.",
    spec: accountSpecSchema,
    status: accountStatusSchema,
    rootRules: accountRules,
    columns: accountColumns(),
  },
  {
    kind: "ClusterAccount",
    plural: "clusteraccounts",
    singular: "clusteraccount",
    shortNames: [],
    namespaced: false,
    description: "An account of SignatureAPI, for the ApiKeys of the namespaces that it allows.",
    spec: clusterAccountSpecSchema,
    status: accountStatusSchema,
    rootRules: accountRules,
    columns: accountColumns(),
  },
];

function accountColumns(): readonly Column[] {
  return [
    READY,
    { name: "Account", type: "string", jsonPath: ".status.accountId", description: "The vendor's ID." },
    {
      name: "Live mode",
      type: "string",
      jsonPath: ".status.liveMode",
      description: "enabled, disabled or paused.",
    },
    REASON,
    AGE,
    MESSAGE,
  ];
}

/** How strict the generated schemas are. */
export interface CrdOptions {
  /** False leaves all validation out of the schemas, as if an administrator had loosened them. */
  readonly validation?: boolean;
}

/** The CustomResourceDefinitions of the three kinds, generated from the schemas that the controller parses with. */
export function customResourceDefinitions(options: CrdOptions = {}): readonly CustomResourceDefinition[] {
  return KINDS.map((kind) => definition(kind, options.validation ?? true));
}

/** A CustomResourceDefinition as it is applied. */
interface CustomResourceDefinition extends Json {
  readonly metadata: { readonly name: string };
}

function definition(kind: Kind, validation: boolean): CustomResourceDefinition {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: kind.namespaced ? "Namespaced" : "Cluster",
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        categories: ["signatureapi"],
        ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns,
          schema: { openAPIV3Schema: rootSchema(kind, validation) },
        },
      ],
    },
  };
}

function rootSchema(kind: Kind, validation: boolean): Json {
  const spec = validation
    ? structural(kind.spec)
    : { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    type: "object",
    description: kind.description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec,
      // No status of anything yet: else kstatus, as Flux and Helm read it, takes an object that is new for one that is done.
      status: { ...structural(kind.status), default: { observedGeneration: UNOBSERVED } },
    },
    ...(validation ? kind.rootRules : {}),
  };
}

/** A zod schema as a structural schema: of what JSON Schema knows, only what the API server takes. */
function structural(schema: z.ZodType): Json {
  const json = z.toJSONSchema(schema, { target: "openapi-3.0", io: "input", unrepresentable: "throw" });
  return prune(json);
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const DROPPED = new Set(["$schema", "propertyNames", "id"]);

function prune(node: Json): Json {
  const kept = Object.entries(node).filter(([name]) => !DROPPED.has(name));
  const pruned = Object.fromEntries(kept.map(([name, value]) => [name, pruneValue(name, value)]));
  if (pruned["additionalProperties"] === false) delete pruned["additionalProperties"];
  // zod bounds every integer to what a double holds; the API server has bounds of its own.
  if (pruned["minimum"] === Number.MIN_SAFE_INTEGER) delete pruned["minimum"];
  if (pruned["maximum"] === Number.MAX_SAFE_INTEGER) delete pruned["maximum"];
  return pruned;
}

function pruneValue(name: string, value: unknown): unknown {
  if (name === "default" || name === "enum" || name.startsWith("x-kubernetes-")) return value;
  if (!isJson(value)) return value;
  if (name !== "properties") return prune(value);
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [field, isJson(inner) ? prune(inner) : inner]),
  );
}
