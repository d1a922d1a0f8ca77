import { describe, expect, it } from "vitest";
import { declare, DESIRED, withForeignKeys } from "../model/declare.ts";
import { before, pass, upTo } from "../model/script.ts";
import { putObject, putSecret } from "../model/store.ts";
import { addKey, changeKey } from "../model/vendor.ts";
import { Walk } from "../model/walk.ts";
import { DEFAULT_TIMING as TIMING } from "../timing.ts";
import { UNTIL_REPLACED } from "./view/status.ts";
import type { DesiredKey } from "./view/desired.ts";

function newWorld(desired: Partial<DesiredKey> = {}) {
  const world = new Walk((state) =>
    declare(withForeignKeys(state), { desired: { trigger: "1", ...desired }, workload: {} }),
  );
  return { world, a: world.worker(), b: world.worker() };
}

/** A key is revoked in the dashboard. */
function revoke(world: Walk, keyId: string): void {
  world.change((state) => changeKey(state, keyId, { status: "revoked" })[0]);
}

/** A user edits the spec. */
function declareAnew(world: Walk, changes: Partial<DesiredKey>): void {
  const { object } = world;
  if (object === undefined || !("mode" in object.desired)) throw new Error("nothing is declared");
  const desired = { ...object.desired, ...changes };
  world.change((state) => putObject(state, 0, { ...object, desired }));
}

/** Lets no key go unaccounted for, although a record was taken away. */
function excuseNothing(world: Walk): void {
  world.change((state) => ({ ...state, ghost: { ...state.ghost, excused: [] } }));
}

/** The two foreign keys are the first two of each world. */
const MINTED_BEFORE = 2;

describe("sequences that the rules must survive", () => {
  it("never asks for a second key under the attempt of the same pass", () => {
    const { world, a } = newWorld();
    // The key is revoked from outside between its delivery and the GET that verifies the tag.
    before(world, a, "get-key");
    revoke(world, "ak_3");
    pass(world, a);
    world.converge(a);
    expect(world.object?.status.revision).toBe(2);
  });

  it("looks at the Secret before it gives a value up whose budget is over", () => {
    const { world, a } = newWorld();
    before(world, a, "commit-secret");
    world.wait(TIMING.commitBudget);
    upTo(world, a, "commit-secret", "answer-lost");
    pass(world, a);
    world.converge(a);
    expect(world.state.keys.length).toBe(MINTED_BEFORE + 1);
  });

  it("does not revoke a replaced Secret's key that a recovery is about to accept", () => {
    const { world, a, b } = newWorld();
    pass(world, a);
    world.interfere("the Secret's value is edited");
    before(world, a, "commit-secret");
    world.wait(TIMING.attemptLifetime);
    before(world, b, "Abandon");
    upTo(world, a, "commit-secret");
    upTo(world, b, "Abandon");
    // A's status write conflicts, and its next look shows that the lock is lost.
    upTo(world, a, "read-object");
    upTo(world, b, "Rebuilt");
    pass(world, a);
    world.converge(a, b);
    expect(world.state.keys.length).toBe(MINTED_BEFORE + 2);
  });

  it("does not write a Secret that it has read after its last look at the lock", () => {
    const { world, a, b } = newWorld();
    pass(world, a);
    world.interfere("the Secret's value is edited");
    upTo(world, a, "commit-secret", "conflict");
    const lost = world.object?.status.attempt?.id;
    const look = world.at(a).pass?.step.kind === "read-object" ? "read-object" : "read-secret";
    upTo(world, a, look);
    world.wait(TIMING.attemptLifetime);
    upTo(world, b, "touch-secret");
    pass(world, a);
    expect(world.secret?.record?.attempt).not.toBe(lost);
    world.converge(a, b);
  });

  it("leaves a created Secret alone that a recovery has touched, so that it can be accepted", () => {
    const { world, a, b } = newWorld();
    before(world, a, "commit-secret");
    world.wait(TIMING.attemptLifetime);
    before(world, b, "Abandon");
    upTo(world, a, "commit-secret");
    upTo(world, b, "Abandon");
    before(world, a, "take-back-secret");
    upTo(world, b, "touch-secret");
    pass(world, a);
    upTo(world, b, "Rebuilt");
    world.converge(a, b);
    expect(world.state.keys.length).toBe(MINTED_BEFORE + 1);
  });

  it("keeps the finalizer until a commit with an unknown outcome can no longer take effect", () => {
    const { world, a } = newWorld();
    upTo(world, a, "commit-secret", "late");
    world.interfere("the ApiKey is deleted");
    pass(world, a);
    expect(world.object).toBeDefined();
    world.converge(a);
    expect(world.secret).toBeUndefined();
  });

  it("rolls again where a cut-off roll has killed the value that stands in the Secret", () => {
    const { world, a } = newWorld({ mode: "test" });
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    upTo(world, a, "roll", "crash-after");
    // Whoever asked for the rotation thinks better of it.
    declareAnew(world, { trigger: "1" });
    world.converge(a);
    expect(world.active).toHaveLength(MINTED_BEFORE + 1);
  });

  it("does not call a Secret lost that was written after it was looked at", () => {
    const { world, a, b } = newWorld();
    before(world, b, "WriteAhead");
    upTo(world, a, "mint", "answer-lost");
    pass(world, a);
    world.wait(TIMING.settleTime);
    before(world, b, "list-keys");
    pass(world, a);
    pass(world, a);
    pass(world, b);
    world.converge(a, b);
    expect(world.state.keys.length).toBe(MINTED_BEFORE + 2);
  });

  it("takes no key ID from the annotations of a Secret that it has just written", () => {
    const { world, a } = newWorld();
    upTo(world, a, "commit-secret", "answer-lost");
    world.interfere("previous keys are forged into the Secret");
    world.converge(a);
    expect(world.active).toEqual(["ak_1", "ak_2", "ak_3"]);
  });

  it("obeys the first trigger that is declared after the key was delivered", () => {
    const world = new Walk((state) => declare(state, { workload: {} }));
    const a = world.worker();
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    world.converge(a);
    expect(world.state.keys.length).toBe(2);
  });

  it("does not drop another attempt's lock when it rebuilds a wiped status", () => {
    const { world, a, b } = newWorld();
    upTo(world, a, "commit-secret", "late");
    world.crash(0);
    world.interfere("the status is wiped");
    upTo(world, b, "WriteAhead");
    world.take({ kind: "arrive", index: 0 });
    upTo(world, a, "Rebuilt");
    expect(world.object?.status.attempt?.id).toBeDefined();
    pass(world, b);
    world.converge(a, b);
  });

  it("keeps on retiring the previous key where the status was wiped within its overlap", () => {
    const { world, a } = newWorld();
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    pass(world, a);
    world.interfere("the status is wiped");
    excuseNothing(world);
    pass(world, a);
    expect(world.object?.status.previous.map(({ keyId }) => keyId)).toEqual(["ak_3"]);
    world.converge(a);
    expect(world.active).toEqual(["ak_1", "ak_2", "ak_4"]);
  });

  it("rebuilds a wiped status around a test key that was rolled", () => {
    const { world, a } = newWorld({ mode: "test" });
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    pass(world, a);
    world.interfere("the status is wiped");
    world.converge(a);
    expect(world.key("ak_3")?.value).toBe("value-x004");
  });

  it("takes no revision from annotations that would make the next key untraceable", () => {
    const { world, a } = newWorld();
    pass(world, a);
    world.interfere("the status is wiped");
    excuseNothing(world);
    const { secret } = world;
    if (secret?.record === undefined) throw new Error("nothing was committed");
    const edited = { ...secret, record: { ...secret.record, revision: 9_999_999 } };
    world.change((state) => putSecret(state, 0, edited));
    pass(world, a);
    expect(world.object?.status.revision).toBe(1);
  });

  it("looks at the Secret again after it has listed the keys, and accepts a commit that came meanwhile", () => {
    const { world, a, b } = newWorld();
    before(world, a, "commit-secret");
    world.wait(TIMING.attemptLifetime);
    before(world, b, "Abandon");
    upTo(world, a, "commit-secret", "late");
    world.crash(0);
    upTo(world, b, "list-keys");
    world.take({ kind: "arrive", index: 0 });
    pass(world, b);
    world.converge(a, b);
    expect(world.state.keys.length).toBe(MINTED_BEFORE + 1);
  });

  it("leaves a key made by hand alone that carries a copied tag, also where an attempt was abandoned", () => {
    const { world, a } = newWorld();
    upTo(world, a, "mint");
    world.crash(0);
    world.converge(a);
    const delivered = world.object?.status.keyId ?? "";
    const description = (world.key(delivered)?.description ?? "").replace(/[a-z2-7]{8}\]$/, "copiedby]");
    const createdAt = world.state.now;
    world.change((state) => {
      const [next] = addKey(state, { description, mode: "live", createdAt });
      return { ...next, ghost: { ...next.ghost, excused: [...next.ghost.excused, "copiedby"] } };
    });
    const copied = world.state.keys.at(-1);
    world.interfere("the ApiKey is deleted");
    world.converge(a);
    expect(world.active).toEqual(["ak_1", "ak_2", copied?.id]);
  });

  it("does not forget the replaced key when the status is wiped between the commit and its record", () => {
    const { world, a } = newWorld();
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    before(world, a, "Committed");
    world.interfere("the status is wiped");
    pass(world, a);
    world.converge(a);
    expect(world.active).toEqual(["ak_1", "ak_2", "ak_4"]);
  });

  it("does not forget the replaced key when the status is wiped and the commit comes after its writer gave up", () => {
    const { world, a } = newWorld();
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    upTo(world, a, "commit-secret", "late");
    upTo(world, a, "read-secret");
    world.interfere("the status is wiped");
    world.take({ kind: "arrive", index: 0 });
    upTo(world, a, "Abandon");
    upTo(world, a, "Rebuilt");
    expect(world.object?.status.previous.map(({ keyId }) => keyId)).toEqual(["ak_3"]);
    world.converge(a);
    expect(world.active).toEqual(["ak_1", "ak_2", "ak_4"]);
  });

  it("heals the dead value that a late roll leaves, whose record was wiped", () => {
    const { world, a } = newWorld({ mode: "test" });
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    upTo(world, a, "roll", "late");
    world.crash(0);
    world.interfere("the status is wiped");
    pass(world, a);
    world.take({ kind: "arrive", index: 0 });
    const isDead = () => world.secret?.value !== world.key("ak_3")?.value;
    pass(world, a);
    expect(isDead()).toBe(true);
    world.wait(TIMING.settleTime);
    world.take({ kind: "sweep" });
    pass(world, a);
    expect(isDead()).toBe(false);
    world.converge(a);
  });

  it("rolls the test key that only the record of a roll still names", () => {
    const { world, a } = newWorld({ mode: "test" });
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    before(world, a, "commit-secret");
    world.interfere("the status is wiped");
    upTo(world, a, "commit-secret", "late");
    upTo(world, a, "read-object");
    // The writer stalls: what it abandons then has been abandoned for long already.
    world.wait(TIMING.settleTime);
    world.converge(a);
    expect(world.active).toEqual(["ak_1", "ak_2", "ak_3"]);
  });

  it("does not roll again because it saw the key before another controller had committed its roll", () => {
    const { world, a, b } = newWorld({ mode: "test" });
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    before(world, b, "preflight-secret");
    pass(world, a);
    world.take({ kind: "sweep" });
    pass(world, b);
    world.converge(a, b);
    expect(world.key("ak_3")?.value).toBe("value-x004");
  });

  it("does not take what it has seen before its own roll for somebody else's", () => {
    const { world, a } = newWorld({ mode: "test" });
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    pass(world, a);
    expect(world.at(a).rested).toBe("KeyDelivered");
  });

  it("does not overwrite a first commit that it has not seen, where the status was wiped after it", () => {
    const { world, a, b } = newWorld();
    upTo(world, a, "mint", "rejected");
    pass(world, a);
    world.wait(TIMING.longestPause);
    before(world, a, "WriteAhead");
    before(world, b, "Committed");
    world.interfere("the status is wiped");
    excuseNothing(world);
    pass(world, a);
    world.converge(a, b);
    expect(world.active).toEqual(["ak_1", "ak_2", "ak_3"]);
  });

  it("does not overwrite a first commit that it has not seen, where the status reads as before it", () => {
    const { world, a, b } = newWorld();
    before(world, a, "WriteAhead");
    before(world, b, "Committed");
    world.interfere("the status is wiped");
    excuseNothing(world);
    pass(world, a);
    world.converge(a, b);
    expect(world.active).toEqual(["ak_1", "ak_2", "ak_3"]);
  });

  it("keeps the replaced key that only a Secret names whose own key is gone", () => {
    const { world, a } = newWorld();
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    before(world, a, "Committed");
    world.interfere("the status is wiped");
    excuseNothing(world);
    world.crash(0);
    revoke(world, "ak_4");
    upTo(world, a, "Committed");
    expect(world.object?.status.previous.map(({ keyId }) => keyId)).toEqual(["ak_3"]);
    world.converge(a);
    expect(world.active).toEqual(["ak_1", "ak_2", "ak_5"]);
  });

  it("retires the key of an attempt that is abandoned late, when a replacement is committed", () => {
    const { world, a } = newWorld();
    upTo(world, a, "mint");
    world.crash(0);
    world.wait(TIMING.revivedAfter + 1);
    const status = () => world.object?.status;
    upTo(world, a, "Revived");
    expect(status()?.previous).toMatchObject([{ keyId: "ak_3", revokeAt: UNTIL_REPLACED }]);
    world.crash(0);
    world.wait(TIMING.settleTime);
    upTo(world, a, "Committed");
    const revokeAt = status()?.previous[0]?.revokeAt ?? 0;
    expect(revokeAt - world.state.now).toBeGreaterThan(DESIRED.overlap - 1_000);
    expect(revokeAt - world.state.now).toBeLessThanOrEqual(DESIRED.overlap);
    world.converge(a);
    expect(world.active).toEqual(["ak_1", "ak_2", "ak_4"]);
  });
});
