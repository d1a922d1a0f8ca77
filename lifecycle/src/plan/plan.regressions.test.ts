import { describe, expect, it } from "vitest";
import { changeTrigger, deleteObject, editValue, forgePrevious, wipeStatus } from "./testing/interference.ts";
import { converge } from "./testing/run.ts";
import { before, pass, upTo } from "./testing/script.ts";
import { DESIRED, World } from "./testing/world.ts";
import { UNTIL_REPLACED } from "./view/status.ts";

function newWorld(desired: Parameters<World["declare"]>[1] = {}) {
  const world = new World();
  world.addForeignKeys();
  world.declare("checkout", { trigger: "1", ...desired });
  return { world, a: world.controller("A", "checkout"), b: world.controller("B", "checkout") };
}

/** The two foreign keys are the first two of each world. */
const MINTED_BEFORE = 2;

describe("sequences that the rules must survive", () => {
  it("never asks for a second key under the attempt of the same pass", () => {
    const { world, a } = newWorld();
    // The key is revoked from outside between its delivery and the GET that verifies the tag.
    before(world, a, "get-key");
    world.vendor.revoke("ak_3");
    pass(world, a);
    converge(world, [a]);
    expect(world.api.objects.get("checkout")?.status.revision).toBe(2);
  });

  it("looks at the Secret before it gives a value up whose budget is over", () => {
    const { world, a } = newWorld();
    before(world, a, "commit-secret");
    world.advanceTo(world.now + world.timing.commitBudget);
    upTo(world, a, "commit-secret", "answer-lost");
    pass(world, a);
    converge(world, [a]);
    expect(world.vendor.keys.size).toBe(MINTED_BEFORE + 1);
  });

  it("does not revoke a replaced Secret's key that a recovery is about to accept", () => {
    const { world, a, b } = newWorld();
    pass(world, a);
    editValue.apply(world, "checkout");
    before(world, a, "commit-secret");
    world.advanceTo(world.now + world.timing.attemptLifetime);
    before(world, b, "Abandon");
    upTo(world, a, "commit-secret");
    upTo(world, b, "Abandon");
    // A's status write conflicts, and its next look shows that the lock is lost.
    upTo(world, a, "read-object");
    upTo(world, b, "Rebuilt");
    pass(world, a);
    converge(world, [a, b]);
    expect(world.vendor.keys.size).toBe(MINTED_BEFORE + 2);
  });

  it("does not write a Secret that it has read after its last look at the lock", () => {
    const { world, a, b } = newWorld();
    pass(world, a);
    editValue.apply(world, "checkout");
    upTo(world, a, "commit-secret", "conflict");
    const lost = world.api.objects.get("checkout")?.status.attempt?.id;
    const look = a.nextStep?.kind === "read-object" ? "read-object" : "read-secret";
    upTo(world, a, look);
    world.advanceTo(world.now + world.timing.attemptLifetime);
    upTo(world, b, "touch-secret");
    pass(world, a);
    expect(world.api.secrets.get("checkout")?.record?.attempt).not.toBe(lost);
    converge(world, [a, b]);
  });

  it("leaves a created Secret alone that a recovery has touched, so that it can be accepted", () => {
    const { world, a, b } = newWorld();
    before(world, a, "commit-secret");
    world.advanceTo(world.now + world.timing.attemptLifetime);
    before(world, b, "Abandon");
    upTo(world, a, "commit-secret");
    upTo(world, b, "Abandon");
    before(world, a, "take-back-secret");
    upTo(world, b, "touch-secret");
    pass(world, a);
    upTo(world, b, "Rebuilt");
    converge(world, [a, b]);
    expect(world.vendor.keys.size).toBe(MINTED_BEFORE + 1);
  });

  it("keeps the finalizer until a commit with an unknown outcome can no longer take effect", () => {
    const { world, a } = newWorld();
    upTo(world, a, "commit-secret", "late");
    deleteObject.apply(world, "checkout");
    pass(world, a);
    expect(world.api.objects.has("checkout")).toBe(true);
    converge(world, [a]);
    expect(world.api.secrets.size).toBe(0);
  });

  it("rolls again where a cut-off roll has killed the value that stands in the Secret", () => {
    const { world, a } = newWorld({ mode: "test" });
    pass(world, a);
    changeTrigger.apply(world, "checkout");
    upTo(world, a, "roll", "crash-after");
    // Whoever asked for the rotation thinks better of it.
    world.api.editObject("checkout", { desired: { ...DESIRED, mode: "test", trigger: "1" } });
    converge(world, [a]);
    expect(world.vendor.active()).toHaveLength(MINTED_BEFORE + 1);
  });

  it("does not call a Secret lost that was written after it was looked at", () => {
    const { world, a, b } = newWorld();
    before(world, b, "WriteAhead");
    upTo(world, a, "mint", "answer-lost");
    pass(world, a);
    world.advanceTo(world.now + world.timing.settleTime);
    before(world, b, "list-keys");
    pass(world, a);
    pass(world, a);
    pass(world, b);
    converge(world, [a, b]);
    expect(world.vendor.keys.size).toBe(MINTED_BEFORE + 2);
  });

  it("takes no key ID from the annotations of a Secret that it has just written", () => {
    const { world, a } = newWorld();
    upTo(world, a, "commit-secret", "answer-lost");
    forgePrevious.apply(world, "checkout");
    converge(world, [a]);
    expect(world.vendor.active().map(({ id }) => id)).toEqual(["ak_1", "ak_2", "ak_3"]);
  });

  it("obeys the first trigger that is declared after the key was delivered", () => {
    const world = new World();
    world.declare("checkout");
    const a = world.controller("A", "checkout");
    pass(world, a);
    changeTrigger.apply(world, "checkout");
    converge(world, [a]);
    expect(world.vendor.keys.size).toBe(2);
  });

  it("does not drop another attempt's lock when it rebuilds a wiped status", () => {
    const { world, a, b } = newWorld();
    upTo(world, a, "commit-secret", "late");
    a.crash();
    wipeStatus.apply(world, "checkout");
    upTo(world, b, "WriteAhead");
    world.arrive();
    upTo(world, a, "Rebuilt");
    expect(world.api.objects.get("checkout")?.status.attempt?.id).toBeDefined();
    pass(world, b);
    converge(world, [a, b]);
  });

  it("keeps on retiring the previous key where the status was wiped within its overlap", () => {
    const { world, a } = newWorld();
    pass(world, a);
    changeTrigger.apply(world, "checkout");
    pass(world, a);
    wipeStatus.apply(world, "checkout");
    world.auditor.excused.clear();
    pass(world, a);
    expect(world.api.objects.get("checkout")?.status.previous.map(({ keyId }) => keyId)).toEqual(["ak_3"]);
    converge(world, [a]);
    expect(world.vendor.active().map(({ id }) => id)).toEqual(["ak_1", "ak_2", "ak_4"]);
  });

  it("rebuilds a wiped status around a test key that was rolled", () => {
    const { world, a } = newWorld({ mode: "test" });
    pass(world, a);
    changeTrigger.apply(world, "checkout");
    pass(world, a);
    wipeStatus.apply(world, "checkout");
    converge(world, [a]);
    expect(world.vendor.keys.get("ak_3")?.value).toBe("value-0004");
  });

  it("takes no revision from annotations that would make the next key untraceable", () => {
    const { world, a } = newWorld();
    pass(world, a);
    wipeStatus.apply(world, "checkout");
    world.auditor.excused.clear();
    const record = world.api.secrets.get("checkout")?.record;
    if (record === undefined) throw new Error("nothing was committed");
    world.api.editSecret("checkout", { record: { ...record, revision: 9_999_999 } });
    pass(world, a);
    expect(world.api.objects.get("checkout")?.status.revision).toBe(1);
  });

  it("looks at the Secret again after it has listed the keys, and accepts a commit that came meanwhile", () => {
    const { world, a, b } = newWorld();
    before(world, a, "commit-secret");
    world.advanceTo(world.now + world.timing.attemptLifetime);
    before(world, b, "Abandon");
    upTo(world, a, "commit-secret", "late");
    a.crash();
    upTo(world, b, "list-keys");
    world.arrive();
    pass(world, b);
    converge(world, [a, b]);
    expect(world.vendor.keys.size).toBe(MINTED_BEFORE + 1);
  });

  it("leaves a key made by hand alone that carries a copied tag, also where an attempt was abandoned", () => {
    const { world, a } = newWorld();
    upTo(world, a, "mint");
    a.crash();
    converge(world, [a]);
    const delivered = world.api.objects.get("checkout")?.status.keyId ?? "";
    const copied = world.vendor.create(
      "live",
      (world.vendor.keys.get(delivered)?.description ?? "").replace(/[a-z2-7]{8}\]$/, "copiedby]"),
      world.now,
    );
    world.auditor.excused.add("copiedby");
    deleteObject.apply(world, "checkout");
    converge(world, [a]);
    expect(world.vendor.active().map(({ id }) => id)).toEqual(["ak_1", "ak_2", copied?.id]);
  });

  it("does not forget the replaced key when the status is wiped between the commit and its record", () => {
    const { world, a } = newWorld();
    pass(world, a);
    changeTrigger.apply(world, "checkout");
    before(world, a, "Committed");
    wipeStatus.apply(world, "checkout");
    pass(world, a);
    converge(world, [a]);
    expect(world.vendor.active().map(({ id }) => id)).toEqual(["ak_1", "ak_2", "ak_4"]);
  });

  it("does not forget the replaced key when the status is wiped and the commit comes after its writer gave up", () => {
    const { world, a } = newWorld();
    pass(world, a);
    changeTrigger.apply(world, "checkout");
    upTo(world, a, "commit-secret", "late");
    upTo(world, a, "read-secret");
    wipeStatus.apply(world, "checkout");
    world.arrive();
    upTo(world, a, "Abandon");
    upTo(world, a, "Rebuilt");
    expect(world.api.objects.get("checkout")?.status.previous.map(({ keyId }) => keyId)).toEqual(["ak_3"]);
    converge(world, [a]);
    expect(world.vendor.active().map(({ id }) => id)).toEqual(["ak_1", "ak_2", "ak_4"]);
  });

  it("heals the dead value that a late roll leaves, whose record was wiped", () => {
    const { world, a } = newWorld({ mode: "test" });
    pass(world, a);
    changeTrigger.apply(world, "checkout");
    upTo(world, a, "roll", "late");
    a.crash();
    wipeStatus.apply(world, "checkout");
    pass(world, a);
    world.arrive();
    const isDead = () => world.api.secrets.get("checkout")?.value !== world.vendor.keys.get("ak_3")?.value;
    pass(world, a);
    expect(isDead()).toBe(true);
    world.sweep();
    pass(world, a);
    expect(isDead()).toBe(false);
    converge(world, [a]);
  });

  it("rolls the test key that only the record of a roll still names", () => {
    const { world, a } = newWorld({ mode: "test" });
    pass(world, a);
    changeTrigger.apply(world, "checkout");
    before(world, a, "commit-secret");
    wipeStatus.apply(world, "checkout");
    upTo(world, a, "commit-secret", "late");
    upTo(world, a, "read-object");
    // The writer stalls: what it abandons then has been abandoned for long already.
    world.advanceTo(world.now + world.timing.settleTime);
    converge(world, [a]);
    expect(world.vendor.active().map(({ id }) => id)).toEqual(["ak_1", "ak_2", "ak_3"]);
  });

  it("does not roll again because it saw the key before another controller had committed its roll", () => {
    const { world, a, b } = newWorld({ mode: "test" });
    pass(world, a);
    changeTrigger.apply(world, "checkout");
    before(world, b, "preflight-secret");
    pass(world, a);
    world.sweep();
    pass(world, b);
    converge(world, [a, b]);
    expect(world.vendor.keys.get("ak_3")?.value).toBe("value-0004");
  });

  it("does not take what it has seen before its own roll for somebody else's", () => {
    const { world, a } = newWorld({ mode: "test" });
    pass(world, a);
    changeTrigger.apply(world, "checkout");
    pass(world, a);
    expect(a.lastVerdict?.reason).toBe("KeyDelivered");
  });

  it("does not overwrite a first commit that it has not seen, where the status was wiped after it", () => {
    const { world, a, b } = newWorld();
    upTo(world, a, "mint", "rejected");
    pass(world, a);
    before(world, a, "WriteAhead");
    before(world, b, "Committed");
    wipeStatus.apply(world, "checkout");
    world.auditor.excused.clear();
    pass(world, a);
    converge(world, [a, b]);
    expect(world.vendor.active().map(({ id }) => id)).toEqual(["ak_1", "ak_2", "ak_3"]);
  });

  it("does not overwrite a first commit that it has not seen, where the status reads as before it", () => {
    const { world, a, b } = newWorld();
    before(world, a, "WriteAhead");
    before(world, b, "Committed");
    wipeStatus.apply(world, "checkout");
    world.auditor.excused.clear();
    pass(world, a);
    converge(world, [a, b]);
    expect(world.vendor.active().map(({ id }) => id)).toEqual(["ak_1", "ak_2", "ak_3"]);
  });

  it("keeps the replaced key that only a Secret names whose own key is gone", () => {
    const { world, a } = newWorld();
    pass(world, a);
    changeTrigger.apply(world, "checkout");
    before(world, a, "Committed");
    wipeStatus.apply(world, "checkout");
    world.auditor.excused.clear();
    a.crash();
    world.vendor.revoke("ak_4");
    upTo(world, a, "Committed");
    expect(world.api.objects.get("checkout")?.status.previous.map(({ keyId }) => keyId)).toEqual(["ak_3"]);
    converge(world, [a]);
    expect(world.vendor.active().map(({ id }) => id)).toEqual(["ak_1", "ak_2", "ak_5"]);
  });

  it("retires the key of an attempt that is abandoned late, when a replacement is committed", () => {
    const { world, a } = newWorld();
    upTo(world, a, "mint");
    a.crash();
    world.advanceTo(world.now + world.timing.revivedAfter + 1);
    const status = () => world.api.objects.get("checkout")?.status;
    upTo(world, a, "Revived");
    expect(status()?.previous).toMatchObject([{ keyId: "ak_3", revokeAt: UNTIL_REPLACED }]);
    a.crash();
    world.advanceTo(world.now + world.timing.settleTime);
    upTo(world, a, "Committed");
    const revokeAt = status()?.previous[0]?.revokeAt ?? 0;
    expect(revokeAt - world.now).toBeGreaterThan(DESIRED.overlap - 1_000);
    expect(revokeAt - world.now).toBeLessThanOrEqual(DESIRED.overlap);
    converge(world, [a]);
    expect(world.vendor.active().map(({ id }) => id)).toEqual(["ak_1", "ak_2", "ak_4"]);
  });
});
