import { describe, expect, it } from "vitest";
import { buildView, delivered, KEY, STATUS } from "../testing/view-builder.ts";
import { isDelivered, problemVerdict, retryTime, sameRecord, sameVerdict } from "./verdicts.ts";

const PROBLEM = { reason: "RateLimited", message: "slower", transient: true } as const;

describe("verdicts", () => {
  it("stay Ready whatever is wrong, as long as the recorded value stands in the Secret", () => {
    expect(problemVerdict(buildView(delivered()), PROBLEM)).toMatchObject({
      ready: true,
      reason: "RateLimited",
    });
  });

  it.each([
    ["the Secret is lost", { secret: { state: "absent", read: "live" } }],
    ["another value stands there", { secretFields: { fingerprint: "fp:other" } }],
    ["the object goes", { objectFields: { deleting: true } }],
    ["no key is recorded", { status: { revision: 0, abandoned: [], previous: [] } }],
  ] as const)("are not Ready where %s", (_why, changes) => {
    expect(isDelivered(buildView({ ...delivered(), ...changes }))).toBe(false);
  });

  it("stall only where somebody must act", () => {
    const view = buildView();
    expect(problemVerdict(view, PROBLEM).progress).toBe("reconciling");
    expect(problemVerdict(view, { ...PROBLEM, transient: false }).progress).toBe("stalled");
  });

  it("are looked at again sooner where waiting may help", () => {
    const view = buildView();
    expect(retryTime(view, PROBLEM)).toBeLessThan(retryTime(view, { ...PROBLEM, transient: false }));
    expect(retryTime(view, PROBLEM)).toBeGreaterThan(view.now);
  });

  it("are not Ready where the object is gone, or nothing tells the value", () => {
    expect(isDelivered(buildView({ ...delivered(), view: { object: { state: "gone" } } }))).toBe(false);
    const { fingerprint: _value, ...valueless } = STATUS;
    const unknown = { ...delivered(), status: valueless, secretFields: { fingerprint: undefined } };
    expect(isDelivered(buildView(unknown))).toBe(false);
    const { keyId: _key, ...keyless } = STATUS;
    expect(isDelivered(buildView({ ...delivered(), status: keyless }))).toBe(false);
  });

  it("take a field that is undefined for none, and a list for no other object", () => {
    const verdict = problemVerdict(buildView(), PROBLEM);
    const same = (left: object, right: object): boolean =>
      sameVerdict({ ...verdict, ...left }, { ...verdict, ...right });
    expect(same({}, { message: undefined })).toBe(false);
    expect(same({ more: undefined }, {})).toBe(true);
    expect(same({}, { more: undefined })).toBe(true);
    expect(same({}, { more: 1 })).toBe(false);
    expect(same({ more: [] }, { more: {} })).toBe(false);
    expect(same({ more: null }, { more: {} })).toBe(false);
    expect(same({ more: {} }, { more: null })).toBe(false);
    expect(same({ more: { one: 1 } }, { more: "one" })).toBe(false);
  });

  it("compare by content, not by the order of fields", () => {
    const status = { revision: 1, keyId: KEY.id, abandoned: [], previous: [] };
    expect(sameRecord(status, { previous: [], abandoned: [], keyId: KEY.id, revision: 1 })).toBe(true);
    expect(sameRecord(status, { ...status, revision: 2 })).toBe(false);
    const verdict = problemVerdict(buildView(), PROBLEM);
    expect(sameVerdict(undefined, verdict)).toBe(false);
    expect(sameVerdict({ ...verdict }, verdict)).toBe(true);
  });
});
