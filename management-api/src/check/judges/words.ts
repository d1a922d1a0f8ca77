import { schemaMismatch } from "../../client/answer.ts";
import { isRecord } from "../../contract/mapping/move.ts";
import { PROBLEM_TYPE_PREFIX } from "../../contract/schemas.ts";
import type * as z from "zod";
import type { Observation, Seen, Step } from "../seen.ts";
import { differs, holds, notTried, type Verdict } from "../verdict.ts";

/** A row's rule. */
export type Judge = (seen: Seen) => Verdict;

/** The slug of a problem, or `undefined` if the answer is none. */
export function slugOf({ body }: Observation): string | undefined {
  const type = isRecord(body) ? body["type"] : undefined;
  if (typeof type !== "string" || !type.startsWith(PROBLEM_TYPE_PREFIX)) return undefined;
  const slug = type.slice(PROBLEM_TYPE_PREFIX.length);
  return /^[a-z0-9-]{1,64}$/.test(slug) ? slug : undefined;
}

/** An answer in a few words: its status, and its slug if it has one. */
export function inShort(answer: Observation): string {
  const slug = slugOf(answer);
  return slug === undefined ? String(answer.status) : `${answer.status} ${slug}`;
}

/** Judges the answer to one request; without it, says why there is none. */
export function ofStep(step: Step, judge: (answer: Observation, seen: Seen) => Verdict): Judge {
  return (seen) => {
    const answer = seen.steps[step];
    return answer === undefined ? missing(seen, step) : judge(answer, seen);
  };
}

const WITH_TEST_KEY: ReadonlySet<Step> = new Set([
  "create",
  "created",
  "createAgain",
  "works",
  "update",
  "updated",
  "roll",
  "oldValue",
  "revoke",
  "revoked",
  "revokeAgain",
  "revokedValue",
]);
const ON_DATA_PLANE: ReadonlySet<Step> = new Set(["works", "oldValue", "revokedValue"]);

/** Why a request was not sent. */
export function missing(seen: Seen, step: Step): Verdict {
  if (seen.failure !== undefined)
    return notTried("a request got no answer", "the check, when the API is reachable");
  if (WITH_TEST_KEY.has(step)) {
    if (seen.noTestKey !== undefined) return notTried(seen.noTestKey.why, seen.noTestKey.would);
    const created = seen.steps.create;
    if (created === undefined) return notTried("it needs a test key", "--create-test-key");
    if (ON_DATA_PLANE.has(step) && created.minted !== undefined)
      return notTried("no data plane has accepted the value", "--data-plane-url");
    return notTried("no test key was created", "--create-test-key, once the row `create` holds");
  }
  const account = seen.steps.account;
  if (account !== undefined && [401, 403].includes(account.status))
    return notTried("the token was refused", "a token that the API accepts");
  return notTried("the account has no key that it needs", "an account with keys, or --create-test-key");
}

/** Whether an answer has this status and this slug. */
export function isProblem(answer: Observation, status: number, slug: string): Verdict {
  if (answer.status === status && slugOf(answer) === slug) return holds();
  return differs(`${status} ${slug}`, inShort(answer));
}

/** Whether an answer has this status, and a body of this form. */
export function isForm(answer: Observation, status: number, schema: z.ZodType, form: string): Verdict {
  if (answer.status !== status) return differs(String(status), inShort(answer));
  if (answer.body === undefined) return differs("application/json", answer.contentType || "no content type");
  const parsed = schema.safeParse(answer.body);
  return parsed.success ? holds() : differs(form, `${status}, with another ${schemaMismatch(parsed.error)}`);
}

/** All rows of some things: holds if none is wrong. */
export function each<Item>(
  items: readonly Item[],
  fits: (item: Item) => boolean,
  { expected, seen, none }: { expected: string; seen: (wrong: number, all: number) => string; none: Verdict },
): Verdict {
  if (items.length === 0) return none;
  const wrong = items.filter((item) => !fits(item)).length;
  return wrong === 0 ? holds() : differs(expected, seen(wrong, items.length));
}

/** All keys that some answer has shown. */
export function shownKeys({ steps }: Seen): readonly Record<string, unknown>[] {
  const answers = Object.values(steps).filter(({ status }) => status >= 200 && status < 300);
  return answers.flatMap(({ body }) => {
    if (!isRecord(body)) return [];
    if (Array.isArray(body["data"]))
      return body["data"].filter(isRecord).filter((key) => "hint" in key || "id" in key);
    return "hint" in body || "created_at" in body ? [body] : [];
  });
}

export const NO_KEYS = notTried("the account has no keys", "an account with keys, or --create-test-key");
