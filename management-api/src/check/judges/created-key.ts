import { isRecord } from "../../contract/mapping/move.ts";
import { apiKeyWithValueSchema } from "../../contract/schemas.ts";
import type { Observation, Seen, Step } from "../seen.ts";
import { differs, holds, notTried, type Verdict } from "../verdict.ts";
import { inShort, isProblem, missing, ofStep, slugOf, type Judge } from "./words.ts";

/** A rule about the key in the answer to the create. */
function ofCreated(
  judge: (minted: NonNullable<Observation["minted"]>, answer: Observation) => Verdict,
): Judge {
  return ofStep("create", (answer, seen) =>
    answer.minted === undefined ? notCreated(seen) : judge(answer.minted, answer),
  );
}

function notCreated(seen: Seen): Verdict {
  return seen.noTestKey === undefined
    ? notTried("no test key was created", "--create-test-key, once the row `create` holds")
    : notTried(seen.noTestKey.why, seen.noTestKey.would);
}

const field = (answer: Observation | undefined, name: string): unknown =>
  isRecord(answer?.body) ? answer.body[name] : undefined;

/** Whether the data plane refuses a value. */
function isStopped(answer: Observation): Verdict {
  return answer.status === 401 || answer.status === 403
    ? holds()
    : differs("401 or 403 from the data plane", inShort(answer));
}

/** How long something took, where it has a bound. */
function within(ms: number | null | undefined, seen: Seen, step: Step): Verdict {
  if (ms === undefined) return missing(seen, step);
  return ms === null
    ? differs("within 45 s", "not in that time")
    : holds(`after ${(ms / 1_000).toFixed(1)} s`);
}

/** The rules that need a test key. */
export const TEST_KEY = {
  create: ofStep("create", (answer) => {
    const ok = answer.status === 201 && answer.minted !== undefined;
    const mode = field(answer, "mode");
    if (ok && mode === "test" && typeof field(answer, "id") === "string") return holds();
    const seen = answer.status === 201 ? `201 without a key of mode test and its value` : inShort(answer);
    return differs("201 with the key and its value", seen);
  }),
  "create-location": ofCreated((_minted, answer) => {
    const { location } = answer.headers;
    if (typeof location !== "string") return differs("a Location", "none");
    const last = location.split("/").at(-1);
    return last === encodeURIComponent(String(field(answer, "id")))
      ? holds()
      : differs("a Location that ends in the ID", "another Location");
  }),
  "create-value": ofCreated(({ value, fits }, answer) => {
    if (value.mode !== "test") return differs("a value that begins with key_test_", "another beginning");
    const id = apiKeyWithValueSchema.shape.id.safeParse(field(answer, "id")).success;
    return fits && id
      ? holds()
      : differs("only A-Z a-z 0-9 _ . ~ + / = -, of the right length", `another ${fits ? "ID" : "value"}`);
  }),
  "create-hint": ofCreated(({ hint }, answer) =>
    field(answer, "hint") === hint ? holds() : differs("the last four characters of the value", "others"),
  ),
  "create-description": ofStep("created", (got, seen) => {
    const sent = seen.sent?.created;
    const answers = { 201: seen.steps.create, GET: got };
    const changed = Object.entries(answers).filter(([, answer]) => field(answer, "description") !== sent);
    return changed.length === 0
      ? holds()
      : differs(
          "the description as it was sent",
          `another one in ${changed.map(([name]) => name).join(" and ")}`,
        );
  }),
  "create-visible": (seen) => within(seen.visibleMs, seen, "created"),
  "create-listed": (seen) => within(seen.listedMs, seen, "created"),
  "test-key-exists": ofStep("createAgain", (answer) => isProblem(answer, 409, "test-key-exists")),
  "value-works": ofStep("works", (answer) => {
    if (answer.status === 200) return holds();
    return answer.status === 401 || answer.status === 403
      ? differs("200 from the data plane", inShort(answer))
      : notTried(`the data plane answers ${inShort(answer)} here`, "--data-plane-url");
  }),
  update: ofStep("update", (answer, seen) => {
    if (answer.status !== 200) return differs("200", inShort(answer));
    const sent = seen.sent?.updated;
    const kept = field(answer, "description") === sent && field(seen.steps.updated, "description") === sent;
    return kept ? holds() : differs("the new description in 200 and GET", "another description");
  }),
  roll: ofStep("roll", (answer, seen) => {
    if (answer.status !== 200) return differs("200", inShort(answer));
    const { minted } = answer;
    if (minted === undefined) return differs("a new value in key", "none");
    if (field(answer, "id") !== field(seen.steps.create, "id")) return differs("the same ID", "another ID");
    const old = seen.steps.create?.minted?.value;
    return old?.equals(minted.value) ? differs("a new value", "the old value") : holds();
  }),
  "roll-old-value": ofStep("oldValue", isStopped),
  revoke: ofStep("revoke", (answer) => (answer.status === 204 ? holds() : differs("204", inShort(answer)))),
  "revoked-state": ofStep("revoked", (answer) => {
    if (answer.status === 404 && slugOf(answer) === "not-found") return holds("404 not-found");
    const time = field(answer, "revoked_at");
    const revoked =
      answer.status === 200 && field(answer, "status") === "revoked" && typeof time === "string";
    return revoked
      ? holds("200 with status revoked")
      : differs("200 with status revoked and revoked_at, or 404 not-found", inShort(answer));
  }),
  "revoked-unlisted": (seen) => {
    if (seen.stillListed === undefined) return missing(seen, "revoked");
    return seen.stillListed ? differs("not listed", "listed") : holds();
  },
  "revoke-again": ofStep("revokeAgain", (answer) => isProblem(answer, 404, "not-found")),
  "revoked-value": ofStep("revokedValue", isStopped),
} satisfies Record<string, Judge>;
