import { describe, expect, it } from "vitest";
import { ADOPTED, withTag } from "../../tag.ts";
import { ABSENT, live, revoked, wiped } from "../testing/plan-table.ts";
import { buildView, KEY, OWNER, pendingCommitOf, type ViewChanges } from "../testing/view-builder.ts";
import { isRolled, isTaggedOurs, keyState } from "./key-state.ts";

const GONE = { object: { state: "gone" } } as const;
const UNTAGGED = { ...KEY, id: "ak_2", description: "edited" };
const JUST_MADE = { ...UNTAGGED, createdAt: pendingCommitOf().attempt.startedAt };
const tagged = (revision: number) =>
  withTag("by hand", { installation: "0123456789", owner: OWNER, revision, attempt: "attempt3" });
const TAKEN = { ...KEY, id: "ak_2", description: tagged(ADOPTED) };

function stateOf(changes: ViewChanges, remote: typeof KEY): string {
  const view = buildView({ ...changes, pass: { ...changes.pass, remote: { ak_2: remote } } });
  return keyState(view, "ak_2").state;
}

it("a key with the name of something that each object has is not known before it was seen", () => {
  expect(keyState(buildView(live), "constructor").state).toBe("unknown");
});

describe("a key", () => {
  const named = { ...live, statusFields: { keyId: "ak_2" } };
  const pending: ViewChanges = { ...live, pass: { pendingCommit: pendingCommitOf() } };
  const roll = { ...pendingCommitOf().attempt, op: "roll", keyId: "ak_2" } as const;
  const rolling: ViewChanges = { ...live, pass: { pendingCommit: pendingCommitOf({ attempt: roll }) } };
  it.each([
    ["without a tag is ours where the status names it", named, UNTAGGED, "ours"],
    ["without a tag is ours where its value waits to be committed", pending, JUST_MADE, "ours"],
    ["without a tag is foreign where the answer named a key of another time", pending, UNTAGGED, "foreign"],
    ["without a tag is ours where it was rolled just now", rolling, UNTAGGED, "ours"],
    ["without a tag is foreign otherwise", live, UNTAGGED, "foreign"],
    ["without a tag is foreign where the object is gone", { view: GONE }, UNTAGGED, "foreign"],
    ["that was adopted is ours where the status names it", named, TAKEN, "ours"],
    ["that was adopted is ours where its value waits to be committed", pending, TAKEN, "ours"],
    ["that was adopted is no more than that otherwise", live, TAKEN, "adopted"],
    ["that is revoked is gone", live, { ...TAKEN, status: "revoked" }, "gone"],
  ] satisfies (readonly [string, ViewChanges, typeof KEY, string])[])(
    "%s",
    (_name, changes, remote, state) => {
      expect(stateOf(changes, remote)).toBe(state);
    },
  );

  it("is known by its tag alone only where an attempt of ours has made it, and while it lives", () => {
    const view = buildView(live);
    expect(isTaggedOurs(view, KEY)).toBe(true);
    expect(isTaggedOurs(view, TAKEN)).toBe(false);
    expect(isTaggedOurs(view, UNTAGGED)).toBe(false);
    expect(isTaggedOurs(view, revoked)).toBe(false);
  });

  const rolled = { ...KEY, hint: "9999" };
  it.each([
    ["with another hint than the Secret's value was rolled", live, rolled, true],
    ["with the Secret's hint was not", live, KEY, false],
    [
      "is compared with the status where the Secret shows no hint",
      { ...live, secretFields: { hint: undefined } },
      rolled,
      true,
    ],
    [
      "is compared with the Secret before the status",
      { ...live, secretFields: { hint: "9999" } },
      rolled,
      false,
    ],
    ["that is paused was not", live, { ...rolled, status: "paused" }, false],
    ["is compared with nothing where the Secret is lost", { ...live, secret: ABSENT }, rolled, false],
    ["is compared with nothing where the object is gone", { ...live, view: GONE }, rolled, false],
    [
      "is compared with nothing where no hint is on record",
      { ...live, status: wiped, secretFields: { hint: undefined } },
      rolled,
      false,
    ],
  ] satisfies (readonly [string, ViewChanges, typeof KEY, boolean])[])(
    "%s",
    (_name, changes, remote, expected) => {
      expect(isRolled(buildView(changes), remote)).toBe(expected);
    },
  );
});
