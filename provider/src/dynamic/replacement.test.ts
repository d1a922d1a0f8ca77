import { describe, expect, test } from "vitest";
import { afterKeep, afterMint, afterRoll, lossOf, planDescription, planReplacement } from "./replacement.ts";
import {
  apiKey,
  ATTEMPT,
  HOUR,
  IDENTITY,
  inputs,
  iso,
  minted,
  NOW,
  outputs,
  previous,
  tagged,
  taggedForAnother,
} from "./testing/fixtures.ts";

const beyond = inputs({ schedule: { generation: 2 } });

test.each([
  ["that does not exist is gone", undefined, outputs(), "gone"],
  ["that was revoked is gone", apiKey({ status: "revoked" }), outputs(), "gone"],
  [
    "that was revoked is gone, also while its roll is uncertain",
    apiKey({ status: "revoked" }),
    outputs({ status: "rolling" }),
    "gone",
  ],
  ["with the recorded hint works", apiKey(), outputs(), undefined],
  ["with another hint was rolled", apiKey({ hint: "0000" }), outputs(), "rolled"],
  [
    "with another hint says nothing while its roll is uncertain",
    apiKey({ hint: "0000" }),
    outputs({ status: "rolling" }),
    undefined,
  ],
] as const)("a key %s", (_what, current, state, loss) => {
  expect(lossOf(current, state)).toBe(loss);
});

describe("the plan for the key in use", () => {
  const current = apiKey();
  test.each([
    ["keeps it at the same generation", current, outputs(), inputs(), { do: "keep", current }],
    [
      "mints beyond the generation in the outputs",
      current,
      outputs(),
      beyond,
      { do: "mint", replaced: current },
    ],
    [
      "keeps it at an earlier generation",
      current,
      outputs({ generation: 3 }),
      beyond,
      { do: "keep", current },
    ],
    [
      "mints where it is gone, and nothing is replaced",
      undefined,
      outputs(),
      inputs(),
      { do: "mint", replaced: undefined },
    ],
    [
      "mints where it was revoked, and nothing is replaced",
      apiKey({ status: "revoked" }),
      outputs(),
      beyond,
      { do: "mint", replaced: undefined },
    ],
    [
      "keeps an unconfirmed one",
      current,
      outputs({ status: "unconfirmed" }),
      inputs(),
      { do: "keep", current },
    ],
  ] as const)("%s", (_what, found, state, declared, plan) => {
    expect(planReplacement(found, state, declared)).toEqual(plan);
  });

  test("replaces one that was rolled in the dashboard, which works until its overlap has passed", () => {
    const rolled = apiKey({ hint: "0000" });
    expect(planReplacement(rolled, outputs(), inputs())).toEqual({ do: "mint", replaced: rolled });
  });

  test.each([
    ["beyond the generation in the outputs", outputs(), beyond],
    ["after a roll whose outcome is not known", outputs({ status: "rolling" }), inputs()],
    ["after it was rolled in the dashboard", outputs({ hint: "0000" }), inputs()],
  ])("rolls a test key %s", (_what, state, declared) => {
    const plan = planReplacement(current, state, { ...declared, mode: "test" });
    expect(plan).toEqual({ do: "roll", current });
  });

  test.each([
    ["another resource", taggedForAnother],
    ["another attempt", tagged({ attempt: "bbbbbbbb" })],
  ])("refuses a key that is tagged for %s, whatever is due", (_what, description) => {
    for (const declared of [inputs(), beyond]) {
      expect(planReplacement(apiKey({ description }), outputs(), declared)).toMatchObject({ do: "refuse" });
    }
  });
});

describe("the description of a key that stays", () => {
  test.each([
    ["is written already", tagged(), "Checkout service"],
    ["was edited in the dashboard, and none else is declared", "edited", "Checkout service"],
    ["was edited in the dashboard to what is declared now", tagged({}, "Declared"), "Declared"],
  ])("is not written where it %s", (_what, description, declared) => {
    expect(planDescription(apiKey({ description }), outputs(), declared)).toBeUndefined();
  });

  test.each([
    ["another one is declared", tagged(), "Declared"],
    ["another one is declared than the edited one", "edited", "Declared"],
    ["its tag is unconfirmed", tagged({ unconfirmed: true }), "Checkout service"],
  ])("is written where %s, with a confirmed tag", (_what, description, declared) => {
    const state = outputs({ revision: 7 });
    expect(planDescription(apiKey({ description }), state, declared)).toEqual({
      text: tagged({ revision: 7 }, declared),
      tag: { ...IDENTITY, revision: 7, attempt: ATTEMPT },
    });
  });
});

test("a key that was kept is active, described as declared, and of the declared generation", () => {
  const state = outputs({ status: "rolled", generation: 5 });
  expect(afterKeep(state, inputs({ description: "Declared", schedule: { generation: 4 } }))).toEqual({
    ...state,
    status: "active",
    description: "Declared",
    generation: 4,
  });
});

test("a key that was rolled has a new value, the next revision, and the attempt in its tag", () => {
  const state = outputs({ mode: "test", status: "rolling", revision: 4, previous: [previous()] });
  const declared = inputs({ description: "Declared", schedule: { generation: 2 } });
  const { value } = minted();
  expect(afterRoll(state, declared, { apiKey: apiKey({ hint: "9999" }), value })).toEqual({
    ...state,
    description: "Declared",
    key: "key_live_fedcba9876549999",
    fingerprint: value.fingerprint,
    hint: "9999",
    status: "active",
    revision: 5,
    generation: 2,
  });
});

describe("after a mint", () => {
  const declared = inputs({
    description: "Declared",
    rotation: { overlap: "2h" },
    schedule: { generation: 9 },
  });
  const state = outputs({ revision: 4, generation: 8, previous: [previous()] });

  test("the outputs describe the new key, and the replaced one retires after the others", () => {
    expect(afterMint(state, declared, minted(), apiKey(), NOW)).toEqual({
      ...state,
      key: "key_live_fedcba9876549999",
      keyId: "ak_new",
      attempt: "cccccccc",
      fingerprint: minted().value.fingerprint,
      hint: "9999",
      status: "active",
      description: "Declared",
      revision: 5,
      generation: 9,
      previous: [
        previous(),
        { keyId: "ak_current", generation: 8, attempt: ATTEMPT, revokeAt: iso(NOW + 2 * HOUR) },
      ],
    });
  });

  test("that replaces nothing, nothing more retires", () => {
    expect(afterMint(state, declared, minted(), undefined, NOW).previous).toEqual([previous()]);
  });

  test("that may not be confirmed, the outputs say so", () => {
    const unconfirmed = minted({ unconfirmed: "It is not known." });
    expect(afterMint(state, declared, unconfirmed, undefined, NOW).status).toBe("unconfirmed");
  });
});
