import * as z from "zod";
import {
  conditionsSchema,
  dnsLabel,
  dnsSubdomain,
  generation,
  LONGEST_NAME,
  rules,
  statusCount,
  statusText,
  texts,
  time,
} from "./schema.ts";

/** The vendor's URL, and the default of `spec.baseUrl`. */
export const DEFAULT_BASE_URL = "https://api.signatureapi.com/v1";

/** The greatest limit that can be declared: more than an account can hold, and far from where numbers lose digits. */
const MOST_KEYS = 1_000_000;

/** The longest bundle in a spec, in characters: some twenty certificates. A ConfigMap may hold more. */
const LONGEST_CA_BUNDLE = 65_536;

const selectorSchema = z
  .object({
    matchLabels: texts(63, "Labels that a namespace must all have, 32 at most.").optional(),
    matchExpressions: z
      .array(
        z.object({
          key: z.string().min(1).max(LONGEST_NAME).describe("The label's name."),
          operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]).describe("How the label is compared."),
          values: z.array(z.string().max(63)).max(1000).optional().describe("The values for In and NotIn."),
        }),
      )
      .max(32)
      .optional()
      .describe("Requirements that must all hold."),
  })
  .describe("Selects namespaces by their labels; {} means all.");

const allowSchema = z.object({
  modes: z
    .array(z.enum(["test", "live"]))
    .min(1)
    .max(2)
    .describe("The modes that this line allows."),
  namespaceSelector: selectorSchema,
  adoptKeyIds: z
    .array(z.string().min(1).max(253))
    .max(1000)
    .optional()
    .describe("IDs of keys that ApiKeys of these namespaces may adopt."),
  maxKeys: z
    .int()
    .min(0)
    .max(MOST_KEYS)
    .optional()
    .describe("How many keys each of these namespaces may have, retiring ones included."),
  retain: z
    .boolean()
    .optional()
    .describe(
      "Whether ApiKeys of these namespaces may leave their key active when they are deleted, by deletionPolicy Retain or by the annotation signatureapi.com/abandon. No limit counts such a key.",
    ),
});

const commonSpec = {
  baseUrl: z
    .string()
    .min(1)
    .max(2048)
    .default(DEFAULT_BASE_URL)
    .describe("The management API. The controller's --allowed-base-urls must cover it."),
  credentials: z
    .object({
      name: dnsSubdomain().describe('The Secret, labelled signatureapi.com/credential: "true".'),
      key: z
        .string()
        .min(1)
        .max(253)
        .default("token")
        .describe("The entry of the Secret that holds the token."),
    })
    .describe(
      "The Secret with the management token. To replace the token, write it into the same Secret; no restart is needed.",
    ),
  caBundle: z
    .string()
    .min(1)
    .max(LONGEST_CA_BUNDLE)
    .optional()
    .describe(
      "CA certificates as PEM, for a management API or a proxy with a certificate of a private CA. They count in addition to those that the controller trusts, for this account only.",
    ),
  caBundleConfigMapRef: z
    .object({
      name: dnsSubdomain().describe(
        "The ConfigMap. For an Account it is in its namespace, for a ClusterAccount in that of the credentials.",
      ),
      key: z
        .string()
        .min(1)
        .max(253)
        .default("ca.crt")
        .describe("The entry of the ConfigMap that holds the certificates."),
    })
    .optional()
    .describe("The same certificates in a ConfigMap. A change is taken up without a restart."),
  rateLimit: z
    .object({
      requestsPerSecond: z.int().min(1).max(1000).default(10).describe("Requests per second, at most."),
      burst: z
        .int()
        .min(1)
        .max(1000)
        .default(10)
        .describe(
          "Requests at once, at most. A fifth is kept back, since requests can arrive closer together than they were sent.",
        ),
    })
    .default({ requestsPerSecond: 10, burst: 10 })
    .describe(
      "The rate of requests to the vendor account. That of a ClusterAccount bounds all objects that name it, that of an Account only its own requests.",
    ),
  suspend: z
    .boolean()
    .default(false)
    .describe("While true, nothing is minted, rolled or adopted in this account."),
};

/** `spec` of a ClusterAccount. */
export const clusterAccountSpecSchema = z
  .object({
    ...commonSpec,
    allow: z
      .array(allowSchema)
      .max(100)
      .default([])
      .describe(
        "Which namespaces may have keys. Only what a line allows is allowed. If you narrow a line later, existing keys stay.",
      ),
    orphans: z
      .enum(["Report", "Revoke"])
      .default("Report")
      .describe("What happens to keys that this installation made and no record knows."),
  })
  .describe("An account of SignatureAPI that several namespaces may use.");

/** `spec` of an Account. */
export const accountSpecSchema = z
  .object({
    ...commonSpec,
    adoptKeyIds: z
      .array(z.string().min(1).max(253))
      .max(1000)
      .optional()
      .describe("IDs of keys that ApiKeys of this namespace may adopt."),
  })
  .describe("An account of SignatureAPI for one namespace.");

/** So many vanished ApiKeys are recorded, and so many keys of each. */
export const MOST_LEFT = 500;

const leftKeysSchema = z.object({
  namespace: dnsLabel().describe("The namespace of the ApiKey."),
  owner: z.string().max(16).describe("The owner part of the tag of its keys."),
  mode: z.enum(["test", "live"]).describe("The mode of its keys."),
  since: time("When the controller missed the ApiKey."),
  keyIds: z.array(z.string().max(255)).max(100).describe("The keys' IDs, 100 at most."),
});

/** So many unaccounted keys are named; `keys.unaccounted` counts all. */
export const MOST_UNACCOUNTED = 100;

const unaccountedKeySchema = z.object({
  keyId: statusText("The key's ID."),
  mode: statusText("The key's mode."),
  createdAt: time("When the key was created."),
  installation: statusText("The installation in the key's tag."),
  owner: statusText("The owner part of the key's tag: the ApiKey that it was made for."),
  revision: statusCount("The revision in the key's tag. 0 if the key was adopted."),
});

/** `status` of both kinds. */
export const accountStatusSchema = z
  .object({
    conditions: conditionsSchema,
    observedGeneration: generation("The generation that the conditions describe.").optional(),
    accountId: statusText("The vendor's ID of the account, pinned once it is known.").optional(),
    liveMode: statusText("enabled, disabled or paused.").optional(),
    keys: z
      .object({
        managed: statusCount("Keys that an ApiKey's status or Secret records.").optional(),
        abandoned: statusCount("Keys that abandoned attempts left. They are revoked.").optional(),
        unaccounted: statusCount("Keys of this installation that no record knows.").optional(),
        foreign: statusCount("All other keys. They are only counted.").optional(),
      })
      .optional()
      .describe("What the last inventory found."),
    leftKeys: z
      .array(leftKeysSchema)
      .max(MOST_LEFT)
      .optional()
      .describe(
        "Active keys of ApiKeys that were deleted without the controller. They count against maxKeys of their namespace.",
      ),
    unaccountedKeys: z
      .array(unaccountedKeySchema)
      .max(MOST_UNACCOUNTED)
      .optional()
      .describe("The keys that keys.unaccounted counts, oldest first, 100 at most."),
    lastInventoryAt: time("When the last complete inventory began.").optional(),
  })
  .describe("What the controller has observed.");

/** What only the whole object can be held to. */
export const accountRules = rules(
  ["size(self.metadata.name) <= 63", "metadata.name must have at most 63 characters"],
  [
    "!has(self.spec.caBundle) || !has(self.spec.caBundleConfigMapRef)",
    "spec.caBundle and spec.caBundleConfigMapRef exclude each other",
  ],
);

export type AccountSpec = z.output<typeof accountSpecSchema>;
export type ClusterAccountSpec = z.output<typeof clusterAccountSpecSchema>;
export type AccountStatus = z.output<typeof accountStatusSchema>;
export type AllowLine = z.output<typeof allowSchema>;
