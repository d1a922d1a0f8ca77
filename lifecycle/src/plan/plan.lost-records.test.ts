import { describe, expect, it } from "vitest";
import { adopting, declare, withForeignKeys } from "../model/declare.ts";
import { before, pass, upTo } from "../model/script.ts";
import { HAND_MADE, INSTALLATION } from "../model/state.ts";
import { addKey } from "../model/vendor.ts";
import { Walk } from "../model/walk.ts";
import { ownerOf } from "../identity.ts";
import { withTag } from "../tag.ts";
import { DEFAULT_TIMING as TIMING } from "../timing.ts";
import type { DesiredKey } from "./view/desired.ts";

function newWorld(desired: Partial<DesiredKey> = {}) {
  const world = new Walk((state) =>
    declare(withForeignKeys(state), { desired: { trigger: "1", ...desired }, workload: {} }),
  );
  return { world, a: world.worker(), b: world.worker() };
}

/**
 * A is stopped right after it has healed a lost Secret. Its status was wiped before, so that the Secret is the only record
 * of the key that was replaced, and B has begun anew.
 */
function wipedWhileHealing() {
  const { world, a, b } = newWorld();
  pass(world, a);
  world.interfere("the Secret is deleted");
  before(world, a, "commit-secret");
  world.interfere("the status is wiped");
  before(world, b, "WriteAhead");
  upTo(world, a, "commit-secret");
  upTo(world, b, "WriteAhead");
  return { world, a, b };
}

/** A rotation without an overlap, right after the value of its key was committed. */
function rotatedAtOnce() {
  const desired = { trigger: "1", overlap: 0 };
  const world = new Walk((state) => declare(withForeignKeys(state), { desired }));
  const a = world.worker();
  pass(world, a);
  world.interfere("the rotation trigger is changed");
  upTo(world, a, "commit-secret");
  return { world, a };
}

/** Lets no key go unaccounted for, although a record was taken away. */
function excuseNothing(world: Walk): void {
  world.change((state) => ({ ...state, ghost: { ...state.ghost, excused: [] } }));
}

/** The vendor's API does not show a key for a while. */
function hidden(world: Walk, keyId: string, meanwhile: () => void): void {
  const key = world.key(keyId);
  if (key === undefined) throw new Error(`there is no key ${keyId}`);
  const rename = (from: string, to: typeof key) => {
    world.change((state) => ({ ...state, keys: state.keys.map((each) => (each.id === from ? to : each)) }));
  };
  rename(keyId, { ...key, id: "hidden", status: "revoked" });
  meanwhile();
  rename("hidden", key);
}

/** The two foreign keys are the first two of each world. */
const MINTED_BEFORE = 2;

describe("records that are lost", () => {
  it("of a previous key do not go with a Secret that is taken back", () => {
    const { world, a, b } = wipedWhileHealing();
    upTo(world, a, "take-back-secret");
    expect(world.object?.status.previous).toMatchObject([{ keyId: "ak_3" }]);
    world.converge(a, b);
  });

  it("of previous keys do not go with a Secret that a later commit replaces", () => {
    const { world, a, b } = wipedWhileHealing();
    upTo(world, b, "Committed");
    expect(world.object?.status.previous).toMatchObject([{ keyId: "ak_3" }, { keyId: "ak_4" }]);
    world.converge(a, b);
  });

  it("do not have an adopted key forgotten, once its forged ID was repaired", () => {
    const world = new Walk((state) => adopting(declare(withForeignKeys(state)), true));
    const a = world.worker();
    world.converge(a);
    world.interfere("the ID of a key made by hand is forged into the Secret");
    pass(world, a);
    world.interfere("the status is wiped");
    excuseNothing(world);
    world.converge(a);
    expect(world.object?.status.keyId).toBe(HAND_MADE);
    expect(world.state.keys.length).toBe(MINTED_BEFORE + 1);
  });

  it("do not let a revived key wait for a replacement that nothing calls for", () => {
    const { world, a } = newWorld();
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    pass(world, a);
    world.interfere("etcd is rolled back to the last write-ahead");
    world.interfere("the Secret's annotations are stripped");
    world.converge(a);
    expect(world.active).toHaveLength(MINTED_BEFORE + 1);
  });

  it("altogether have the account's one test key recorded and rolled, where its tag is ours", () => {
    const { world, a } = newWorld({ mode: "test" });
    pass(world, a);
    world.interfere("the Secret is deleted");
    world.interfere("the status is wiped");
    world.converge(a);
    expect(world.object?.status).toMatchObject({ keyId: "ak_3", mode: "test" });
    expect(world.state.keys).toHaveLength(MINTED_BEFORE + 1);
  });
});

describe("a key that was refused although it was made", () => {
  it("is ended by the inventory, and does not delay the next one", () => {
    const { world, a } = newWorld();
    upTo(world, a, "mint", "rejected");
    const attempt = world.object?.status.attempt;
    if (attempt === undefined) throw new Error("nothing is under way");
    world.change((state) => {
      const owner = ownerOf("uid-1");
      const tag = { installation: INSTALLATION, owner, revision: 1, attempt: attempt.id };
      return addKey(state, { description: withTag("x", tag), mode: "live", createdAt: state.now })[0];
    });
    pass(world, a);
    // No longer than after any refusal.
    world.wait(TIMING.retryAfterFailure);
    pass(world, a);
    expect(world.object?.status).toMatchObject({ keyId: "ak_4", abandoned: [{ refused: true }] });
    world.converge(a);
    expect(world.active).toEqual(["ak_1", "ak_2", "ak_4"]);
  });
});

describe("a value that is healed right after a rotation", () => {
  it("gives the key that it was to replace its overlap anew", () => {
    const { world, a } = newWorld({ overlap: 3_600_000 });
    pass(world, a);
    world.interfere("the rotation trigger is changed");
    pass(world, a);
    world.wait(3_000_000);
    world.interfere("the Secret's value is edited");
    pass(world, a);
    const { previous = [], lastRotatedAt = 0 } = world.object?.status ?? {};
    expect(previous).toMatchObject([
      { keyId: "ak_3", revokeAt: lastRotatedAt + 3_600_000, replacedAt: lastRotatedAt },
      { keyId: "ak_4", revokeAt: lastRotatedAt + 3_600_000 },
    ]);
    world.converge(a);
  });
});

describe("a new key that the management API does not show yet", () => {
  it("is not taken for revoked", () => {
    const { world, a } = rotatedAtOnce();
    hidden(world, "ak_4", () => {
      pass(world, a);
      pass(world, a);
    });
    world.converge(a);
    expect(world.state.keys).toHaveLength(MINTED_BEFORE + 2);
  });

  it("is not taken for ended where it retires at once", () => {
    const { world, a } = rotatedAtOnce();
    hidden(world, "ak_3", () => pass(world, a));
    expect(world.object?.status.previous).toMatchObject([{ keyId: "ak_3" }]);
    world.converge(a);
    expect(world.active).toEqual(["ak_1", "ak_2", "ak_4"]);
  });

  it("keeps its deletion waiting until it is seen", () => {
    const { world, a } = newWorld();
    pass(world, a);
    world.interfere("the ApiKey is deleted");
    hidden(world, "ak_3", () => pass(world, a));
    expect(world.object?.finalizer).toBe(true);
    world.converge(a);
    expect(world.active).toEqual(["ak_1", "ak_2"]);
  });

  it("is revoked by the writer that has lost, although its object is gone", () => {
    const { world, a } = newWorld();
    before(world, a, "commit-secret");
    const attempts = [world.object?.status.attempt?.id ?? ""];
    world.change((state) => ({
      ...state,
      ghost: { ...state.ghost, excused: attempts },
      cluster: { ...state.cluster, apiKeys: [{ now: undefined, before: undefined, older: undefined }] },
    }));
    hidden(world, "ak_3", () => {
      upTo(world, a, "get-key");
      world.wait(1_000);
      upTo(world, a, "get-key");
    });
    pass(world, a);
    expect(world.active).toEqual(["ak_1", "ak_2"]);
  });

  it("stays on record, to be ended, where it is replaced because it was not shown for long", () => {
    const { world, a } = newWorld();
    pass(world, a);
    world.wait(TIMING.settleTime);
    world.take({ kind: "sweep" });
    hidden(world, "ak_3", () => {
      world.take({ kind: "sweep" });
      pass(world, a);
    });
    expect(world.object?.status).toMatchObject({ keyId: "ak_4", previous: [{ keyId: "ak_3" }] });
    world.converge(a);
    expect(world.active).toEqual(["ak_1", "ak_2", "ak_4"]);
  });
});
