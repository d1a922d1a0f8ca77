import { describe, expect, test } from "vitest";
import * as z from "zod";
import { argsSchema, parseArgs } from "./args-schema.ts";
import { IDENTITY } from "./testing/fixtures.ts";
import { UNKNOWN, type Properties } from "./wire.ts";

const NEWS: Properties = { mode: "live", description: "Checkout", deletionPolicy: "Revoke", ...IDENTITY };

function reasons(changes: Properties): string[] {
  const parsed = parseArgs({ ...NEWS, ...changes });
  return "failures" in parsed ? parsed.failures.map(({ property, reason }) => `${property}: ${reason}`) : [];
}

/** The path of each field of a schema that holds a text or a number. */
function leaves(schema: z.core.JSONSchema.BaseSchema, path: readonly string[] = []): readonly string[][] {
  const inner = Object.entries(schema.properties ?? {});
  if (inner.length === 0) return [[...path]];
  return inner.flatMap(([name, each]) => (typeof each === "boolean" ? [] : leaves(each, [...path, name])));
}

/** An object that holds a value at a path. */
function at([name = "", ...rest]: readonly string[], value: string): Properties {
  return { [name]: rest.length === 0 ? value : at(rest, value) };
}

test.each(leaves(z.toJSONSchema(argsSchema)).map((path) => [path.join("."), path] as const))(
  "%s has a bound",
  (name, path) => {
    for (const value of [
      "x".repeat(5_000),
      "a".repeat(5_000),
      "0".repeat(5_000),
      `${"0".repeat(5_000)}1h`,
      `key_live_${"x".repeat(5_000)}`,
    ])
      expect(reasons(at(path, value)).join("\n")).toContain(`${name}: `);
  },
);

test.each<[string, Properties]>([
  ["the least", {}],
  ["a test key", { mode: "test" }],
  ["Retain", { deletionPolicy: "Retain" }],
  ["the shortest period", { rotation: { every: "1h" } }],
  ["the longest period", { rotation: { every: "3660d" } }],
  ["times just below the period", { rotation: { every: "2h", early: "119m", overlap: "119m" } }],
  ["no overlap", { rotation: { overlap: "0s" } }],
  ["an overlap without a period", { rotation: { overlap: "3660d" } }],
  ["a trigger of 200 characters", { rotation: { trigger: "x".repeat(200) } }],
  ["a key to adopt", { adopt: { keyId: "ak_1.2~3-4" } }],
  ["an ID of 255 characters", { adopt: { keyId: "a".repeat(255) } }],
  ["a key to adopt with its value", { adopt: { keyId: "ak_1", key: "key_live_x" } }],
  ["a test key to adopt with its value", { mode: "test", adopt: { keyId: "ak_1", key: "key_test_x" } }],
  ["arguments without a value", { rotation: undefined, adopt: null, windows: undefined }],
  [
    "what ignoreChanges copies",
    { generation: 1, rotateAt: "x", retiredGeneration: 0, retireAt: {}, __provider: "x" },
  ],
])("%s is accepted", (_what, changes) => {
  expect(reasons(changes)).toEqual([]);
});

test.each<[Properties, string]>([
  [{ mode: "prod" }, 'mode: mode must be "test" or "live"'],
  [{ mode: undefined }, 'mode: mode must be "test" or "live"'],
  [{ description: 7 }, "description: description must be a text"],
  [{ description: "" }, "description: the description is empty: say what the key is for"],
  [{ deletionPolicy: "Keep" }, 'deletionPolicy: deletionPolicy must be "Revoke" or "Retain"'],
  [{ windows: [] }, "windows: there is no windows; check the spelling"],
  [{ rotation: { windows: [] } }, "rotation.windows: there is no rotation.windows; check the spelling"],
  [{ rotation: { every: 90 } }, "rotation.every: rotation.every must be a duration such as 90d"],
  [{ rotation: { every: "90" } }, 'rotation.every: rotation.every "90" is not a duration; write it as 90d'],
  [{ rotation: { every: "59m" } }, "rotation.every: rotation.every 59m is too short; at least 1h"],
  [{ rotation: { every: "3661d" } }, "rotation.every: rotation.every 3661d is too long; at most ten years"],
  [
    { rotation: { every: "1d", early: "x" } },
    'rotation.early: rotation.early "x" is not a duration; write it as 7d',
  ],
  [
    { rotation: { overlap: "x" } },
    'rotation.overlap: rotation.overlap "x" is not a duration; write it as 24h',
  ],
  [{ rotation: { early: "1h" } }, "rotation.early: rotation.early needs `every`: without it nothing is due"],
  [
    { rotation: { every: "1d", early: "24h" } },
    "rotation.early: rotation.early 24h must be shorter than every (1d)",
  ],
  [
    { rotation: { every: "1d", overlap: "25h" } },
    "rotation.overlap: rotation.overlap 25h must be shorter than every (1d)",
  ],
  [{ rotation: { trigger: 7 } }, "rotation.trigger: rotation.trigger must be a text, such as 2026-11"],
  [
    { rotation: { trigger: "x".repeat(201) } },
    "rotation.trigger: rotation.trigger is longer than 200 characters",
  ],
  [{ adopt: {} }, "adopt.keyId: adopt.keyId must be the ID of a key (ak_…)"],
  [{ installation: "x" }, "installation: installation must be ten hex digits"],
  [{ owner: "f".repeat(17) }, "owner: owner must be sixteen hex digits"],
  [{ owner: "x" + "f".repeat(16) }, "owner: owner must be sixteen hex digits"],
  [
    { mode: "test", adopt: { keyId: "ak_1", key: "key_live_x" } },
    "mode: mode test is declared, and adopt.key is not the value of a test key",
  ],
])("%j is refused, with the property", (changes, reason) => {
  expect(reasons(changes)).toEqual([reason]);
});

test.each([
  [{ adopt: { keyId: "key_live_secret" } }, "and not its value"],
  [{ adopt: { keyId: "ak/1" } }, "must be the ID of a key"],
  [{ adopt: { keyId: "a".repeat(256) } }, "must be the ID of a key"],
  [{ adopt: { keyId: "" } }, "must be the ID of a key"],
  [{ adopt: { keyId: "ak_1", key: "secret" } }, "adopt.key must be the value of a key"],
  [{ adopt: { keyId: "ak_1", key: "x key_live_secret" } }, "adopt.key must be the value of a key"],
  [{ adopt: { keyId: "ak_1", key: "key_live_secret`id`" } }, "has no spaces, quotes or line breaks"],
  [{ adopt: { keyId: "ak_1", key: 7 } }, "adopt.key must be the value of the key, a text"],
])("%j is refused, and not repeated: it may be a value", (changes, part) => {
  const [reason = ""] = reasons(changes);
  expect(reason).toContain(part);
  expect(reason).not.toContain("secret");
});

test("every mistake is named at once", () => {
  expect(reasons({ mode: "prod", rotation: { every: "x", overlap: "y" } })).toHaveLength(3);
});

describe("an unknown", () => {
  test.each<[string, Properties]>([
    ["mode", { mode: UNKNOWN }],
    ["description", { description: UNKNOWN }],
    ["deletion policy", { deletionPolicy: UNKNOWN }],
    ["installation", { installation: UNKNOWN }],
    ["owner", { owner: UNKNOWN }],
    ["rotation", { rotation: UNKNOWN }],
    ["adoption", { adopt: UNKNOWN }],
  ])("%s is accepted, and left out of the result", (_what, changes) => {
    const [name = ""] = Object.keys(changes);
    const parsed = parseArgs({ ...NEWS, ...changes });
    const { [name]: _unknown, ...rest } = NEWS;
    expect(parsed).toEqual({ declared: rest });
  });

  test.each<[string, Properties, Properties]>([
    ["trigger", { rotation: { every: "1d", trigger: UNKNOWN } }, { rotation: { every: "1d" } }],
    ["period, with an `early` that needs one", { rotation: { every: UNKNOWN, early: "1h" } }, {}],
    ["ID of a key to adopt", { adopt: { keyId: UNKNOWN } }, { adopt: {} }],
    ["value of a key to adopt", { adopt: { keyId: "ak_1", key: UNKNOWN } }, { adopt: { keyId: "ak_1" } }],
  ])("%s inside of an argument is left out, and the rest stays", (_what, changes, declared) => {
    const parsed = parseArgs({ ...NEWS, ...changes });
    if (Object.keys(declared).length > 0) expect(parsed).toEqual({ declared: { ...NEWS, ...declared } });
    else expect(parsed).not.toHaveProperty("declared.rotation.every");
  });

  test("mode makes no mistake of a value of either mode", () => {
    for (const mode of ["test", "live"]) {
      expect(reasons({ mode: UNKNOWN, adopt: { keyId: "ak_1", key: `key_${mode}_x` } })).toEqual([]);
    }
  });

  test("argument hides no mistake of a known one", () => {
    expect(reasons({ mode: UNKNOWN, description: "" })).toHaveLength(1);
    expect(reasons({ rotation: { every: UNKNOWN, overlap: "x" } })).toHaveLength(1);
    expect(reasons({ adopt: { keyId: UNKNOWN, key: "x" } })).toHaveLength(1);
    const contradiction = { mode: "test", adopt: { keyId: "ak_1", key: "key_live_x" } };
    for (const name of ["description", "rotation", "owner"]) {
      expect(reasons({ ...contradiction, [name]: UNKNOWN })).toHaveLength(1);
    }
  });
});
