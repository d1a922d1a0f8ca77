import { DEFAULT_TIMING } from "@signatureapi-keys/lifecycle";
import { fileText, numberIn } from "./sources.ts";

/** Something that pages state, and the code decides. */
export interface Fact {
  readonly fact: string;
  /** What the code says, in the unit of the phrases. */
  readonly value: number;
  /**
   * How pages state it. `{n}` is the number, in digits or as a word. Every phrase must be in a page, and every
   * occurrence must state the value: so a phrase is as general as it can be without meaning something else.
   */
  readonly phrases: readonly string[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The minutes for which an alert waits. */
function alertMinutes(alert: string): number {
  const [, minutes] = new RegExp(`alert: ${alert}\\n[\\s\\S]*?\\n +for: (\\d+)m\\n`).exec(ALERTS) ?? [];
  return Number(minutes);
}

const ALERTS = fileText("charts/signatureapi-controller/files/alerts.yaml");

/** The facts that more than one page states, or that only the code knows. */
export const FACTS: readonly Fact[] = [
  {
    fact: "the time between the two listings of a recovery, and until an adopted key is looked at again (s)",
    value: DEFAULT_TIMING.settleTime / SECOND,
    phrases: [
      "{n} seconds apart",
      "{n} s apart",
      "`Adopting` takes {n} seconds",
      "{n} seconds later it looks at the key again",
      "still there after {n} seconds",
      "rolled again after {n} s",
      "follows {n} s after the first",
      "not found within {n} seconds of its last record",
      "shows a new key within {n} seconds",
      "is gone only after {n} seconds",
    ],
  },
  {
    fact: "the age at which an attempt is taken over (min)",
    value: DEFAULT_TIMING.attemptLifetime / MINUTE,
    phrases: [
      "until the attempt is {n} minutes old",
      "taken over after {n} minutes",
      "the attempt's lifetime ({n} min)",
      "up to three minutes: {n} until",
      "Wait {n} minutes: the controller recovers",
      "looks at the account first, for {n} minutes at most",
    ],
  },
  {
    fact: "the age at which an attempt is taken over (s)",
    value: DEFAULT_TIMING.attemptLifetime / SECOND,
    phrases: ["taken over when it is {n} s old"],
  },
  {
    fact: "how long after its write-ahead a POST may leave (s)",
    value: DEFAULT_TIMING.postWindow / SECOND,
    phrases: ["once, within {n} s", "later than {n} s after its write-ahead"],
  },
  {
    fact: "the pause between a commit and the restart of workloads (s)",
    value: DEFAULT_TIMING.restartDelay / SECOND,
    phrases: [
      "bout {n} seconds later it restarts",
      "restart comes about {n} seconds after",
      "restart follows {n} seconds after",
      "restarted {n} seconds after",
      "within these {n} seconds counts as old",
      "after {n} seconds: restart labelled workloads",
    ],
  },
  {
    fact: "how long a settled attempt is remembered (days)",
    value: DEFAULT_TIMING.abandonedRetention / (24 * HOUR),
    phrases: ["kept for {n} day"],
  },
  {
    fact: "the longest pause between attempts of unknown outcome (h)",
    value: DEFAULT_TIMING.longestPause / HOUR,
    phrases: ["pauses double, up to {n} hour"],
  },
  {
    fact: "how old an attempt of a restored etcd may be before its key is retired and not revoked (h)",
    value: DEFAULT_TIMING.revivedAfter / HOUR,
    phrases: ["more than {n} hour after its start"],
  },
  {
    fact: "the time to commit what was minted before the process ends (s)",
    value: numberIn("controller/src/controller.ts", "STOP_GRACE_MS") / SECOND,
    phrases: ["takes up to {n} s", "takes up to {n} seconds", "completed, within {n} s"],
  },
  {
    fact: "the grace period of the Pod that is enough (s)",
    value: Math.ceil(numberIn("controller/src/controller.ts", "STOP_GRACE_MS") / SECOND / 10) * 10,
    phrases: ["`terminationGracePeriodSeconds` at {n} or more", "set at least {n}."],
  },
  {
    fact: "keys an hour for one ApiKey that no user asked for, and emergencies an hour",
    value: numberIn("lifecycle/src/allowance/budgets.ts", "OWN_BUDGET"),
    phrases: [
      "at most {n} times an hour",
      "{n} keys an hour that no user asked for",
      "{n} keys that no user asked for",
      "and {n} emergencies",
      "can have {n} such rotations an hour",
      "{n} in an hour are obeyed",
      "After {n} keys within an hour",
      "{n} for this ApiKey without a user's request",
      "{n} in emergencies",
    ],
  },
  {
    fact: "the smallest number of keys that stall an account when they vanish",
    value: numberIn("lifecycle/src/inventory/key-drift.ts", "FEW"),
    phrases: ["more than max({n}, 10 %)"],
  },
  {
    fact: "the same share of a sweep (%)",
    value: numberIn("lifecycle/src/inventory/key-drift.ts", "SHARE_OF_SWEEP") * 100,
    phrases: ["max(3, {n} %)"],
  },
  {
    fact: "the same share of a day (%)",
    value: numberIn("lifecycle/src/inventory/key-drift.ts", "SHARE_OF_DAY") * 100,
    phrases: ["max(6, {n} %)"],
  },
  {
    fact: "previous keys that hold a scheduled rotation back",
    value: numberIn("lifecycle/src/plan/records/retiring-limit.ts", "MOST_RETIRING"),
    phrases: ["left {n} previous keys", "because {n} previous keys or more"],
  },
  {
    fact: "the size from which a Secret is cached without its facts (KiB)",
    value: numberIn("controller/src/apikey/cached-secrets.ts", "MOST_PARSED_BYTES") / 1024,
    phrases: ["A Secret of more than {n} KiB"],
  },
  {
    fact: "how late an edit of such a Secret is noticed (s)",
    value: numberIn("controller/src/apikey/cached-secrets.ts", "LARGE_DELAY_MS") / SECOND,
    phrases: ["edit of such a Secret up to {n} seconds later"],
  },
  {
    fact: "how often an altered Secret is tried again (min)",
    value: numberIn("controller/src/apikey/altered.ts", "RETRY_MS") / MINUTE,
    phrases: ["tried again every {n} minutes", "tries again every {n} minutes"],
  },
  {
    fact: "the longest text of an annotation that asks for something",
    value: numberIn("controller/src/apikey/desired.ts", "LONGEST_REQUEST"),
    phrases: ["longer than {n} characters is cut"],
  },
  {
    fact: "the first pause before an account is checked again (s)",
    value: numberIn("controller/src/account/reconcile.ts", "FIRST_RETRY_MS") / SECOND,
    phrases: ["checks the account again after {n} second"],
  },
  {
    fact: "the largest CA bundle of an account (KiB)",
    value: numberIn("controller/src/resources/account.ts", "LONGEST_CA_BUNDLE") / 1024,
    phrases: ["CA certificates as PEM, at most {n} KiB"],
  },
  {
    fact: "the longest description (characters)",
    value: numberIn("lifecycle/src/description.ts", "characters"),
    phrases: ["t most {n} characters and 200 bytes", "limited to {n} characters and 200 bytes"],
  },
  {
    fact: "the longest description (bytes)",
    value: 200,
    phrases: ["characters and {n} bytes"],
  },
  {
    fact: "how much earlier than declared a rotation may come (days of 90)",
    value: 90 - 90 * numberIn("lifecycle/src/rotation/next-rotation.ts", "MOST_EARLY"),
    phrases: ["After {n} to 90 days"],
  },
  {
    fact: "the memory that is kept free outside of the heap (MiB)",
    value: numberIn("controller/src/launch/memory-flags.ts", "outsideHeap"),
    phrases: ["with {n} MiB reserved"],
  },
  {
    fact: "how long an accepted reader of metrics is accepted (min)",
    value: numberIn("controller/src/secure-metrics/scraper-access.ts", "ALLOWED_FOR_MS") / MINUTE,
    phrases: ["was accepted is accepted for {n} minute", "still works for up to {n} minute"],
  },
  {
    fact: "how long a refused reader of metrics is refused (s)",
    value: numberIn("controller/src/secure-metrics/scraper-access.ts", "REFUSED_FOR_MS") / SECOND,
    phrases: ["refused is refused for {n} seconds"],
  },
  {
    fact: "how long `pulumi up` lists the keys of the account (s)",
    value: numberIn("provider/src/dynamic/session.ts", "LOOK_WITHIN_MS") / SECOND,
    phrases: ["account once, for at most {n} seconds"],
  },
  {
    fact: "the age at which an unconfirmed key of Pulumi may be revoked (min)",
    value: numberIn("provider/src/dynamic/leftovers.ts", "LONGEST_CREATE_MS") / MINUTE,
    phrases: ["until the key is {n} minute old", "unconfirmed key that is {n} minute old"],
  },
  {
    fact: "the same (s)",
    value: numberIn("provider/src/dynamic/leftovers.ts", "LONGEST_CREATE_MS") / SECOND,
    phrases: ["when the key is {n} s old"],
  },
  ...[
    ["SignatureApiKeyNotReady", "For {n} minutes, the Secret of the ApiKey"],
    ["SignatureApiAccountNotReady", "has not been usable for {n} minutes"],
    ["SignatureApiAttemptUnsettled", "has not been settled for {n} minutes"],
    ["SignatureApiControllerDown", "For {n} minutes, Prometheus has read no metrics"],
    ["SignatureApiNoLeader", "No replica has held the lease for {n} minutes"],
    ["SignatureApiManagementApiFailing", "management API have failed for {n} minutes"],
    ["SignatureApiManagementApiUnauthorized", "with 401 or 403 for {n} minutes"],
    ["SignatureApiRateLimitNear", "For {n} minutes, the controller has sent more than"],
    ["SignatureApiRetirementHeld", "its overlap has passed {n} minutes ago or more"],
    ["SignatureApiRolloutStuck", "completed for {n} minutes"],
    ["SignatureApiInventoryStale", "for three intervals and {n} minutes"],
  ].map(([alert = "", phrase = ""]): Fact => ({
    fact: `how long ${alert} waits (min)`,
    value: alertMinutes(alert),
    phrases: [phrase],
  })),
];
