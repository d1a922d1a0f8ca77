import { describe, expect, test } from "vitest";
import { planDeletion, releasedDescription } from "./delete.ts";
import { ACCOUNT, startBench } from "./testing/bench.ts";
import {
  apiKey,
  ATTEMPT,
  IDENTITY,
  iso,
  NOW,
  outputs,
  previous,
  tagged,
  taggedForAnother,
} from "./testing/fixtures.ts";

const CURRENT = { keyId: "ak_current", attempt: ATTEMPT };
const over = previous({ keyId: "ak_over", revokeAt: iso(NOW) });
const overlapping = previous({ keyId: "ak_overlapping", revokeAt: iso(NOW + 1) });

describe("the plan of a deletion", () => {
  test("revokes the replaced keys and the one in use, and sweeps leftovers", () => {
    const state = outputs({ previous: [over, overlapping] });
    expect(planDeletion(state, NOW)).toEqual({
      revoke: [over, overlapping, CURRENT],
      release: [],
      sweep: true,
    });
  });

  test("with Retain revokes what is over, releases the rest, and names what is kept", () => {
    const state = outputs({ deletionPolicy: "Retain", previous: [over, overlapping] });
    const { warning, ...plan } = planDeletion(state, NOW);
    expect(plan).toEqual({ revoke: [over], release: [overlapping, CURRENT], sweep: false });
    expect(warning).toBe(
      "Key ak_current is retained. Nothing manages it now: revoke it in the dashboard when it is not needed." +
        ` Also kept: ak_overlapping, to be revoked at ${iso(NOW + 1)}.`,
    );
  });

  test("with Retain and no replaced key names the one that is kept, and no other", () => {
    const { warning } = planDeletion(outputs({ deletionPolicy: "Retain" }), NOW);
    expect(warning).toMatch(
      /^Key ak_current is retained[^:]*: revoke it in the dashboard when it is not needed\.$/,
    );
  });
});

test.each([
  ["loses its tag", apiKey(), "Checkout service"],
  ["keeps a text that was edited in the dashboard", apiKey({ description: tagged({}, "Edited") }), "Edited"],
  [
    "gets the declared text where only the tag was there",
    apiKey({ description: tagged({}, "").trim() }),
    "Declared",
  ],
  ["without a tag is left as it is", apiKey({ description: "edited" }), undefined],
  ["that does not exist is left alone", undefined, undefined],
  ["that was revoked is left alone", apiKey({ status: "revoked" }), undefined],
  ["that something else manages is left alone", apiKey({ description: taggedForAnother }), undefined],
  ["of another attempt is left alone", apiKey({ description: tagged({ attempt: "bbbbbbbb" }) }), undefined],
])("a released key %s", (_what, live, description) => {
  expect(releasedDescription(live, IDENTITY, CURRENT, "Declared")).toBe(description);
});

const retained = (trigger: string) => ({
  deletionPolicy: "Retain",
  rotation: { trigger, overlap: "24h" },
});

test("a deletion revokes the present and the previous key, and a key that is gone already is no failure", async () => {
  const bench = await startBench();
  await bench.up({ rotation: { trigger: "a" } });
  const first = bench.keyId;
  await bench.up({ rotation: { trigger: "b" } });
  bench.emulator.admin.revokeKey(ACCOUNT, first);
  await bench.destroy();
  expect(bench.active()).toEqual([]);
  expect(bench.warnings).toEqual([]);
});

test("a deletion revokes both keys of an overlap, and asks for no revocation of a key that is gone", async () => {
  const bench = await startBench();
  await bench.up({ rotation: { trigger: "a" } });
  await bench.up({ rotation: { trigger: "b" } });
  expect(bench.active()).toHaveLength(2);
  await bench.destroy();
  expect(bench.active()).toEqual([]);
  expect(bench.emulator.admin.counters()).toMatchObject({ revokeApiKey: 2 });
});

test("a deletion never revokes a key that is tagged for something else by now, and warns of it", async () => {
  const bench = await startBench();
  await bench.up({});
  const { keyId } = bench;
  await bench.describe(keyId, taggedForAnother);
  await bench.destroy();
  expect(bench.active()).toEqual([keyId]);
  expect(bench.warnings.join()).toContain("ForeignKey");
});

test("a deletion revokes old leftovers of earlier mints, and leaves young and confirmed keys alone", async () => {
  const bench = await startBench();
  await bench.up({});
  bench.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
  const confirmed = bench.leave(tagged({ attempt: "cccccccc" }));
  bench.advance(1);
  await bench.destroy();
  expect(bench.active()).toEqual([confirmed]);
});

test("a deletion leaves a young unconfirmed key to the process that mints it, and does not wait for it", async () => {
  const bench = await startBench();
  await bench.up({});
  const young = bench.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
  await bench.destroy();
  expect(bench.active()).toEqual([young]);
  expect(bench.waits).toEqual([]);
});

test("Retain revokes a replaced key whose time is over, and names one that lives on", async () => {
  const bench = await startBench();
  await bench.up(retained("a"));
  const first = bench.keyId;
  await bench.up(retained("b"));
  const second = bench.keyId;
  bench.advance(20);
  await bench.up(retained("c"));
  bench.advance(6);
  await bench.destroy();
  const [, third = ""] = bench.active();
  expect(bench.active()).toEqual([second, third]);
  expect(bench.emulator.admin.keys().find(({ id }) => id === first)?.status).toBe("revoked");
  expect(bench.warnings.join()).toMatch(
    new RegExp(`Key ${third} is retained.*Also kept: ${second}, to be revoked at`),
  );
});

test("Retain keeps the key and takes its tag off", async () => {
  const bench = await startBench();
  await bench.up({ deletionPolicy: "Retain" });
  const { keyId } = bench;
  await bench.destroy();
  expect(bench.active()).toEqual([keyId]);
  expect(bench.description(keyId)).toBe("Checkout service");
});

test("Retain writes nothing to a key without a tag, and sweeps nothing", async () => {
  const bench = await startBench();
  await bench.up({ deletionPolicy: "Retain" });
  await bench.describe(bench.keyId, "edited by hand");
  const leftover = bench.leave(tagged({ attempt: "bbbbbbbb", unconfirmed: true }));
  bench.advance(1);
  bench.emulator.admin.clearRequests();
  await bench.destroy();
  expect(bench.active()).toContain(leftover);
  expect(bench.emulator.admin.counters()).toEqual({ getAccount: 1, getApiKey: 1 });
});
