import { DESCRIPTION_LIMITS, TAG_START } from "@signatureapi-keys/lifecycle";
import * as z from "zod";
import { duration, milliseconds } from "./duration-schema.ts";
import {
  conditionsSchema,
  dnsLabel,
  dnsSubdomain,
  generation,
  rules,
  statusCount,
  statusList,
  statusText,
  texts,
  time,
} from "./schema.ts";

/** The default of `spec.rotation.overlap`. No period may be shorter, so it fits each of them. */
export const DEFAULT_OVERLAP = "1h";

const ENTRY_NAME = "^[-._a-zA-Z0-9]+$";

const accountRefSchema = z
  .object({
    kind: z
      .enum(["Account", "ClusterAccount"])
      .default("Account")
      .describe(
        "The kind of the account: Account for one of this namespace, ClusterAccount for one of the cluster.",
      ),
    name: dnsLabel().default("default").describe("The name of the account."),
  })
  .describe("The account that holds the key. Immutable.");

const templateEntrySchema = z.object({
  name: z
    .string()
    .min(1)
    .max(253)
    .regex(new RegExp(ENTRY_NAME))
    .describe("The name of the entry in the Secret."),
  value: z
    .string()
    .max(4096)
    .describe(
      "The text of the entry. {{key}}, {{keyId}} and {{mode}} are replaced, unescaped. At most 4 KiB.",
    ),
});

const secretSchema = z
  .object({
    name: dnsSubdomain()
      .optional()
      .describe("The name of the Secret; the ApiKey's own by default. Immutable."),
    key: z
      .string()
      .min(1)
      .max(253)
      .regex(new RegExp(ENTRY_NAME))
      .default("SIGNATUREAPI_KEY")
      .describe("The entry of the Secret that holds the value. Renaming it mints nothing."),
    type: z
      .string()
      .min(1)
      .max(253)
      .default("Opaque")
      .describe("The type of the Secret. An administrator must allow any type other than Opaque. Immutable."),
    labels: texts(63, "Labels of the Secret, 32 at most.").optional(),
    annotations: texts(4096, "Annotations of the Secret, 32 at most.").optional(),
    previousKey: z
      .string()
      .min(1)
      .max(253)
      .regex(new RegExp(ENTRY_NAME))
      .optional()
      .describe(
        "An entry that holds the previous value during the overlap of a rotation. It is removed when that key is revoked. Not for test keys, which are rolled.",
      ),
    template: z
      .array(templateEntrySchema)
      .max(16)
      .optional()
      .describe("More entries, made from the value, such as a .env file or a JSON file.")
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] }),
  })
  .describe("The Secret that receives the value.")
  .meta(
    rules(
      [
        "!has(self.previousKey) || self.previousKey != self.key",
        "previousKey must name another entry than key",
      ],
      [
        "!has(self.template) || self.template.all(entry, entry.name != self.key)",
        "template must not name the entry that key names",
      ],
      [
        "!has(self.template) || !has(self.previousKey) || self.template.all(entry, entry.name != self.previousKey)",
        "template must not name the entry that previousKey names",
      ],
    ),
  );

const windowSchema = z
  .object({
    schedule: z.string().min(1).max(100).describe("When the window opens: a cron expression of five fields."),
    timeZone: z.string().min(1).max(64).default("UTC").describe("An IANA time zone, such as Europe/Vienna."),
    duration: duration("How long the window stays open, from 1m to 3660d.", "1m"),
  })
  .describe("Scheduled rotations start only within this window.");

const rotationSchema = z
  .object({
    every: duration(
      "The longest time from one key to the next, such as 90d; from 1h to 3660d. Without it, there are no scheduled rotations.",
      "1h",
    ).optional(),
    overlap: duration(
      "How long the old key stays active after the Secret holds the new one; from 0s to 3660d, and shorter than every.",
      "0s",
    ).default(DEFAULT_OVERLAP),
    window: windowSchema.optional(),
    trigger: z.string().max(253).optional().describe("Any change of this text rotates the key once."),
    holdWhileInUse: z
      .boolean()
      .default(false)
      .describe(
        "While true, the old key stays active until no running Pod that uses the Secret is older than the new value.",
      ),
  })
  .describe("When a new key replaces this one, and how long the old one stays active.")
  .meta(
    rules([
      `!has(self.every) || self.overlap == '${DEFAULT_OVERLAP}' || ${milliseconds("self.overlap")} < ${milliseconds("self.every")}`,
      "overlap must be shorter than every",
    ]),
  );

/** `spec` of an ApiKey, with the defaults of the CRD. */
export const apiKeySpecSchema = z
  .object({
    accountRef: accountRefSchema.default({ kind: "Account", name: "default" }),
    mode: z
      .enum(["test", "live"])
      .describe("A test key makes envelopes that bind no party; a live key makes binding ones. Immutable."),
    description: z
      .string()
      .min(1)
      .max(DESCRIPTION_LIMITS.characters)
      .optional()
      .describe("What the key is for, as the vendor's dashboard shows it. Default: <namespace>/<name>.")
      .meta(
        rules(
          [
            `!self.contains('${TAG_START}')`,
            `must not contain "${TAG_START}", which starts the controller's own tag`,
          ],
          [
            String.raw`!self.matches('[\\p{Cc}\\x{2028}\\x{2029}\\x{061C}\\x{200E}\\x{200F}\\x{202A}-\\x{202E}\\x{2066}-\\x{2069}]')`,
            "must not contain control or bidirectional characters",
          ],
        ),
      ),
    secret: secretSchema.default({ key: "SIGNATUREAPI_KEY", type: "Opaque" }),
    rotation: rotationSchema.default({ overlap: DEFAULT_OVERLAP, holdWhileInUse: false }),
    adopt: z
      .object({ keyId: z.string().min(1).max(253).describe("The ID of the key, such as ak_123.") })
      .optional()
      .describe(
        "A key made by hand that the ApiKey adopts. It keeps its value if the Secret holds the value; otherwise it gets a new one. You can set this until the status names a key.",
      ),
    deletionPolicy: z
      .enum(["Revoke", "Retain"])
      .default("Revoke")
      .describe(
        "What happens to the key when you delete the ApiKey. With Revoke, it is revoked and its Secret deleted, except for entries of others. With Retain, the key and its Secret stay, without the controller's metadata.",
      ),
    deletionProtection: z
      .boolean()
      .default(false)
      .describe("While true, a deleted ApiKey stays and its key stays active."),
    suspend: z
      .boolean()
      .default(false)
      .describe(
        "While true, nothing is minted, rolled or adopted. Due revocations, the recovery of attempts and deletion continue.",
      ),
  })
  .describe("The declared key.");

const attemptShape = {
  id: statusText("The attempt's ID, as the key's tag carries it."),
  op: z.enum(["create", "roll", "adopt"]).describe("The requested operation."),
  keyId: statusText("The key that is rolled or adopted.").optional(),
  revision: statusCount("The revision of the key, if the attempt succeeds."),
  startedAt: time("When the attempt was recorded."),
  reason: statusText("Why a key was due."),
  description: statusText(
    "The key's description before its adoption. An adoption that is undone restores it.",
  ).optional(),
  taggedAt: time("When the adoption put its tag on the key.").optional(),
};

const abandonedSchema = z.object({
  ...attemptShape,
  abandonedAt: time("When the attempt was given up."),
  listings: statusCount(
    "How many complete listings have looked for what it left. Two settle it. One look at its key settles an adoption.",
  ),
  listedAt: time("When the last listing began.").optional(),
  undelivered: z
    .literal(true)
    .optional()
    .describe("Its own writer gave it up, and knows that the value was not delivered."),
  refused: z
    .literal(true)
    .optional()
    .describe("The management API refused it. A key of it is revoked all the same, should one exist."),
  hints: statusList(z.string().max(64))
    .optional()
    .describe("The last four characters of the values of the keys that the listings showed."),
});

const retiringSchema = z.object({
  keyId: statusText("The key's ID."),
  revokeAt: time("When the key is revoked."),
  replacedAt: time("When its replacement was committed. The overlap counts from here.").optional(),
  fingerprint: statusText("Twelve hex digits of the SHA-256 of its value.").optional(),
  attempt: statusText("The attempt that made it.").optional(),
  reason: statusText("Why it was replaced."),
});

const restartSchema = z
  .object({
    fingerprint: statusText("The fingerprint of the value that dependents are restarted for."),
    committedAt: time("When that value was written to the Secret."),
    restartedAt: time("When all labelled workloads were restarted.").optional(),
    completedAt: time("When all their rollouts were complete.").optional(),
  })
  .describe("The restart of workloads after the last change of the value.");

/** `status` of an ApiKey. */
export const apiKeyStatusSchema = z
  .object({
    conditions: conditionsSchema,
    observedGeneration: generation("The generation that the conditions describe.").optional(),
    installation: statusText("The installation of the controller that manages this ApiKey.").optional(),
    accountId: statusText("The vendor's ID of the account that holds the key.").optional(),
    keyId: statusText("The vendor's ID of the key whose value the Secret holds.").optional(),
    keyAttempt: statusText("The attempt that made the key, as its tag says too.").optional(),
    mode: z.enum(["test", "live"]).optional().describe("The key's mode."),
    fingerprint: statusText("Twelve hex digits of the SHA-256 of the value.").optional(),
    hint: statusText(
      "The last four characters of the value, as the vendor's dashboard shows them.",
    ).optional(),
    revision: statusCount("The ordinal of the key for this ApiKey. 1 is the first key.").optional(),
    createdAt: time("When the key was created.").optional(),
    lastRotatedAt: time("When the key replaced an earlier one.").optional(),
    recordedAt: time("When the key was recorded here.").optional(),
    nextRotationAt: time("When the key is due for replacement.").optional(),
    secretName: statusText("The Secret that holds the value.").optional(),
    attempt: z
      .object(attemptShape)
      .optional()
      .describe("The attempt to mint or adopt that is under way: the lock."),
    abandoned: statusList(abandonedSchema)
      .optional()
      .describe("Attempts without a certain outcome, and settled ones that are still remembered."),
    previous: statusList(retiringSchema)
      .optional()
      .describe("Replaced keys that stay active until their time is over."),
    emergency: statusText(
      "The last value of the annotation signatureapi.com/emergency-rotate that was obeyed.",
    ).optional(),
    lastHandledReconcileAt: statusText(
      "The last value of the annotation signatureapi.com/reconcile that was answered with a look.",
    ).optional(),
    restart: restartSchema.optional(),
  })
  .describe("What the controller has observed and done.");

/** The spec as it is used, defaults applied. */
export type ApiKeySpec = z.output<typeof apiKeySpecSchema>;
/** The status as it stands in the API. */
export type ApiKeyStatus = z.output<typeof apiKeyStatusSchema>;
