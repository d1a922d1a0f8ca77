import {
  isProblem,
  keptPrevious,
  type CommitRecord,
  type Guard,
  type Problem,
  type Step,
  type StepResult,
} from "@signatureapi-keys/lifecycle";
import { KeyValue } from "@signatureapi-keys/management-api";
import { isKubeError, type KubeError, type Manifest, type WriteOptions } from "../../kube/index.ts";
import type { ApiKeySpec } from "../../resources/apikey.ts";
import { SECRET_ANNOTATIONS } from "../../resources/names.ts";
import { SECRETS, type Secret } from "../../resources/types.ts";
import { alterationProblem } from "../alterations.ts";
import { secretFacts, valueEntry } from "../secret-facts.ts";
import {
  hasWritten,
  releasedSecret,
  secretManifest,
  strippedSecret,
  touchedSecret,
  type SecretPlan,
} from "../secret-manifest.ts";
import { viewOfSecret } from "../views.ts";
import type { StepContext } from "./context.ts";
import { dummyOf } from "./dummy.ts";
import { done, rejected } from "./results.ts";

/** A live GET of the Secret. */
export async function readSecret(context: StepContext): Promise<StepResult> {
  const { env, memory } = context;
  const found = await env.kube.find(SECRETS, secretRef(context));
  memory.secret = found;
  const lost = env.lostEntries.take(memory.object.metadata.uid, found);
  if (lost.length > 0) env.journal.entriesLost(context, memory.object.secretName, lost);
  return seen(context, found);
}

/** A dry run of exactly the write to come, with a dummy value: what would be refused is refused before a key exists. */
export async function preflightSecret(
  context: StepContext,
  step: Step & { kind: "preflight-secret" },
): Promise<StepResult> {
  const spec = specOf(context);
  const { value: dummy, record } = dummyOf(step.record, spec.mode);
  const plan = planOf(context, spec, record);
  const before = context.memory.secret;
  try {
    const { answer, altered } = await write(context, plan, dummy, guardOf(before), { dryRun: true });
    const kept = secretFacts(answer).entries[spec.secret.key] === dummy.fingerprint;
    if (kept && answer.metadata.annotations?.[SECRET_ANNOTATIONS.attempt] === record.attempt)
      return done(altered === undefined ? {} : { altered });
    const message = `an admission webhook changes the Secret ${plan.name} as it is written, so a value would not arrive`;
    return rejected({ reason: "SecretRejected", message, transient: false });
  } catch (error) {
    // A webhook with side effects refuses dry runs; that says nothing about the write itself.
    if (isKubeError(error) && refusesDryRun(error)) {
      context.env.journal.warn(
        context,
        `the dry run of Secret ${plan.name} was not possible: ${error.detail}`,
      );
      return done();
    }
    throw error;
  }
}

/** The commit: one write holds the value and its record. */
export async function commitSecret(
  context: StepContext,
  step: Step & { kind: "commit-secret" },
): Promise<StepResult> {
  const { memory } = context;
  const { value } = memory;
  if (value === undefined) throw new TypeError("a commit needs the minted value");
  const plan = planOf(context, specOf(context), step.record);
  // No other process can finish this commit, so it passes the fence.
  const { answer, altered } = await write(context, plan, value, step.replaces, { pastFence: true });
  memory.secret = answer;
  const facts = secretFacts(answer);
  if (facts.entries[plan.spec.secret.key] === step.record.fingerprint) return seen(context, answer, altered);
  const message = `the Secret ${plan.name} was changed as it was written`;
  return {
    outcome: "unknown",
    problem: { reason: "SecretConflict", message, transient: false },
    conflict: true,
  };
}

/** Repairs annotations, labels and entries around a value that is there already. */
export async function rewriteSecret(
  context: StepContext,
  step: Step & { kind: "rewrite-secret" },
): Promise<StepResult> {
  const before = context.memory.secret;
  const spec = specOf(context);
  const sought = {
    entry: spec.secret.key,
    previousEntry: spec.secret.previousKey,
    fingerprint: step.record.fingerprint,
  };
  const base64 = before?.data?.[before === undefined ? "" : valueEntry(secretFacts(before), sought)];
  if (base64 === undefined) throw new TypeError("a Secret is rewritten only around its value");
  const value = KeyValue.of(Buffer.from(base64, "base64").toString("utf8"));
  reportLostPrevious(context, spec, step.record, before);
  const { answer, altered } = await write(context, planOf(context, spec, step.record), value, step.guard);
  context.memory.secret = answer;
  if (step.why === "Adopted") context.env.journal.adopted(context, step.record.keyId, ownersSeen(context));
  return seen(context, answer, altered);
}

function ownersSeen({ view: { secret } }: StepContext): readonly string[] {
  return secret.state === "present" ? (secret.others?.owners ?? []) : [];
}

/** Moves the resourceVersion, so that a writer who was cut off can no longer replace the Secret. */
export async function touchSecret(
  context: StepContext,
  step: Step & { kind: "touch-secret" },
): Promise<StepResult> {
  return replaceSeen(context, (before) => touchedSecret(before, step.attempt));
}

/** Takes our labels and annotations off the Secret that was seen; its entries stay. */
export async function releaseSecret(context: StepContext): Promise<StepResult> {
  return replaceSeen(context, releasedSecret);
}

/** Replaces the Secret that was read: its UID and resourceVersion, which it still carries, guard the write. */
async function replaceSeen(
  context: StepContext,
  change: (before: Secret) => Secret,
  options: WriteOptions = {},
): Promise<StepResult> {
  const before = context.memory.secret;
  if (before === undefined) throw new TypeError("a Secret is read before it is replaced");
  const answer = await context.env.kube.update(SECRETS, change(before), options);
  context.memory.secret = answer;
  return seen(context, answer);
}

/**
 * Takes what we wrote out of the Secret that was seen, and of no other. Without entries to keep, it is deleted. One that
 * is gone meanwhile is as good as deleted.
 */
export async function deleteSecret(
  context: StepContext,
  { kind, guard, keep = [] }: Step & { kind: "delete-secret" | "take-back-secret" },
): Promise<StepResult> {
  const pastFence = kind === "take-back-secret";
  if (keep.length > 0) {
    const stripped = await replaceSeen(context, (before) => strippedSecret(before, keep), { pastFence });
    context.env.journal.entriesKept(context, context.memory.object.secretName, keep);
    return stripped;
  }
  try {
    await context.env.kube.delete(SECRETS, secretRef(context), { preconditions: guard, pastFence });
  } catch (error) {
    if (!isKubeError(error, "not-found")) throw error;
  }
  context.memory.secret = undefined;
  return done({ secret: { state: "absent", read: "live" } });
}

/** Writes the Secret, and compares what is stored then with what was asked for. */
async function write(
  context: StepContext,
  plan: SecretPlan,
  value: KeyValue,
  replaces: Guard | undefined,
  options: WriteOptions = {},
): Promise<{ readonly answer: Secret; readonly altered: Problem | undefined }> {
  const { env, memory } = context;
  const before = replaces === undefined ? undefined : memory.secret;
  const manifest = secretManifest(plan, value, before);
  const answer = await put(context, manifest, before, replaces, options);
  const altered = alterationProblem(manifest, answer);
  const { uid } = memory.object.metadata;
  if (options.dryRun !== true) env.altered.note(uid, answer.metadata.resourceVersion, altered, env.now());
  return { answer, altered };
}

async function put(
  { env }: StepContext,
  manifest: Manifest<Secret>,
  before: Secret | undefined,
  replaces: Guard | undefined,
  options: WriteOptions,
): Promise<Secret> {
  if (replaces === undefined) return env.kube.create(SECRETS, manifest, options);
  if (before?.metadata.uid !== replaces.uid) throw new TypeError("a Secret is read before it is replaced");
  const { labels, annotations } = manifest.metadata;
  const metadata = { ...before.metadata, labels, annotations, ...replaces };
  return env.kube.update(SECRETS, { ...before, metadata, type: manifest.type, data: manifest.data }, options);
}

function guardOf(secret: Secret | undefined): Guard | undefined {
  if (secret === undefined) return undefined;
  const { uid, resourceVersion } = secret.metadata;
  return { uid, resourceVersion };
}

function planOf({ memory, ref, view }: StepContext, spec: ApiKeySpec, record: CommitRecord): SecretPlan {
  const { name, uid } = memory.object.metadata;
  return {
    namespace: ref.namespace,
    name: memory.object.secretName,
    apiKey: { name, uid },
    spec,
    record,
    foreign: view.secret.state === "present" ? view.secret.foreign : [],
  };
}

function specOf({ memory: { object } }: StepContext): ApiKeySpec {
  const { declaration } = object;
  if (isProblem(declaration)) throw new TypeError("nothing is written for a spec that cannot be followed");
  return declaration.spec;
}

/** A previous value that was edited or taken out cannot be made again; that is said once, when its entry goes. */
function reportLostPrevious(
  { env, ref, memory }: StepContext,
  { secret: { previousKey } }: ApiKeySpec,
  { previous }: CommitRecord,
  before: Secret | undefined,
): void {
  if (previousKey === undefined || before === undefined) return;
  const wanted = keptPrevious(
    previous,
    previous.flatMap(({ fingerprint = "" }) => fingerprint),
  );
  const { entries } = secretFacts(before);
  if (wanted === undefined || Object.values(entries).includes(wanted.fingerprint)) return;
  if (hasWritten(before, previousKey)) env.journal.previousLost({ ref, memory }, wanted.keyId, previousKey);
}

function refusesDryRun(error: KubeError): boolean {
  return error.status === 400 && /does not support dry run/i.test(error.detail);
}

function secretRef({ memory, ref }: StepContext): { namespace: string; name: string } {
  return { namespace: ref.namespace, name: memory.object.secretName };
}

function seen({ memory }: StepContext, secret: Secret | undefined, altered?: Problem): StepResult {
  const facts = secret === undefined ? undefined : secretFacts(secret);
  const view = viewOfSecret(memory.object, facts, "live");
  return done({ secret: view, ...(altered === undefined ? {} : { altered }) });
}
