import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { account, apiKey, clusterAccount, namespace, type Manifest } from "./manifests.ts";
import { World } from "./world.ts";

const N = "crd";
let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace(N));
});

afterAll(async () => world[Symbol.asyncDispose]());

/** What the API server says to a manifest: empty where it takes it. */
async function refusal(manifest: Manifest): Promise<string> {
  const { code, stderr } = await world.cluster.kubectl(["apply", "--server-side", "-f", "-"], {
    input: stringify(manifest),
  });
  return code === 0 ? "" : stderr;
}

function expressions(count: number): readonly Manifest[] {
  return Array.from({ length: count }, (_, i) => ({ key: `k${i}`, operator: "In", values: ["x"] }));
}

describe("the API server refuses what can be known to be wrong from the object alone", () => {
  test.each<[string, Manifest, RegExp]>([
    ["an unknown mode", { mode: "staging" }, /mode: Unsupported value: "staging"/],
    ["an empty description", { description: "" }, /description.*at least 1/],
    ["a description of 181 characters", { description: "x".repeat(181) }, /description.*180/],
    ["a description that starts a tag", { description: "a [ak:b" }, /must not contain "\[ak:"/],
    ["a description with bidirectional characters", { description: "a\u202Eb" }, /control or bidirectional/],
    ["a description with a line break", { description: "a\nb" }, /control or bidirectional/],
    ["a name of a Secret that is none", { secret: { name: "Not_A_Name" } }, /secret\.name/],
    ["an entry with a slash", { secret: { key: "a/b" } }, /secret\.key/],
    [
      "two template entries of one name",
      {
        secret: {
          template: [
            { name: "a", value: "1" },
            { name: "a", value: "2" },
          ],
        },
      },
      /duplicate|Duplicate/,
    ],
    [
      "seventeen template entries",
      { secret: { template: Array.from({ length: 17 }, (_, i) => ({ name: `e${i}`, value: "" })) } },
      /Too many.*16/,
    ],
    [
      "a template entry over 4 KiB",
      { secret: { template: [{ name: "a", value: "x".repeat(4097) }] } },
      /4096/,
    ],
    ["a duration that is none", { rotation: { every: "a month" } }, /rotation\.every/],
    ["a period under an hour", { rotation: { every: "59m59s" } }, /rotation\.every.*at least 1h/],
    ["a period of 10,000 years", { rotation: { every: "87600000h" } }, /rotation\.every.*at most 3660d/],
    [
      "a period in parts over ten years",
      { rotation: { every: "3659d23h59m59.5s501ms" } },
      /rotation\.every.*at most 3660d/,
    ],
    ["an overlap of 27,000 years", { rotation: { overlap: "9999999d" } }, /rotation\.overlap.*at most 3660d/],
    [
      "a window under a minute",
      { rotation: { window: { schedule: "0 3 * * *", duration: "59999ms" } } },
      /window\.duration.*at least 1m/,
    ],
    [
      "a window of 285,000 years",
      { rotation: { window: { schedule: "0 3 * * *", duration: "104000000d" } } },
      /window\.duration.*at most 3660d/,
    ],
    [
      "an overlap as long as the period",
      { rotation: { every: "1d", overlap: "24h" } },
      /overlap must be shorter than every/,
    ],
    [
      "an overlap that outlasts many periods",
      { rotation: { every: "1h", overlap: "90d" } },
      /overlap must be shorter than every/,
    ],
    [
      "thirty-three labels",
      { secret: { labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, "x"])) } },
      /labels.*Too many.*32/,
    ],
    [
      "thirty-three annotations",
      { secret: { annotations: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, "x"])) } },
      /annotations.*Too many.*32/,
    ],
    ["an unknown policy", { deletionPolicy: "Keep" }, /deletionPolicy/],
    ["an unknown kind of account", { accountRef: { kind: "User" } }, /accountRef\.kind/],
  ])("%s", async (_name, spec, message) => {
    expect(await refusal(apiKey(N, "bad", spec))).toMatch(message);
  });

  test.each<[string, Manifest]>([
    ["short-period", { every: "1h" }],
    ["long-period", { every: "3660d", overlap: "87839h59m59s999ms" }],
    ["no-overlap", { every: "1.5h", overlap: "0s" }],
    ["no-period", { overlap: "3660d" }],
    ["window", { every: "90d", window: { schedule: "0 3 * * *", duration: "1m" } }],
  ])("and takes what is just within its bounds: %s", async (name, rotation) => {
    expect(await refusal(apiKey(N, name, { rotation }))).toBe("");
  });

  test("a limit of keys that has more digits than a number keeps", async () => {
    const allow = [{ modes: ["test"], namespaceSelector: {}, maxKeys: 9_007_199_254_740_992 }];
    expect(await refusal(clusterAccount("bad", "https://api.signatureapi.com/v1", { allow }))).toMatch(
      /maxKeys.*1000000/,
    );
  });

  test.each<[string, Manifest, RegExp]>([
    ["thirty-three expressions", { matchExpressions: expressions(33) }, /matchExpressions.*Too many.*32/],
    ["a label longer than labels are", { matchLabels: { a: "x".repeat(64) } }, /matchLabels.*63/],
    [
      "a thousand and one values",
      { matchExpressions: [{ key: "a", operator: "In", values: Array.from({ length: 1_001 }, () => "x") }] },
      /values.*Too many.*1000/,
    ],
  ])("a selector of namespaces with %s", async (_name, namespaceSelector, message) => {
    const allow = [{ modes: ["test"], namespaceSelector }];
    expect(await refusal(clusterAccount("bad", "https://api.signatureapi.com/v1", { allow }))).toMatch(
      message,
    );
  });

  test("and an ID to adopt that no key has, and takes a selector within its bounds", async () => {
    const long = [{ modes: ["test"], namespaceSelector: {}, adoptKeyIds: ["x".repeat(254)] }];
    const refused = clusterAccount("bad", "https://api.signatureapi.com/v1", { allow: long });
    expect(await refusal(refused)).toMatch(/adoptKeyIds.*253/);
    const allow = [
      { modes: ["test", "live"], namespaceSelector: { matchExpressions: expressions(32) }, adoptKeyIds: [] },
    ];
    expect(await refusal(clusterAccount("good", "https://api.signatureapi.com/v1", { allow }))).toBe("");
  });

  test("a name longer than a label", async () => {
    expect(await refusal(apiKey(N, "x".repeat(64)))).toMatch(/at most 63 characters/);
  });

  test("an account without credentials, and an allow line without modes", async () => {
    expect(await refusal(account(N, "https://api.signatureapi.com/v1", { credentials: undefined }))).toMatch(
      /credentials.*Required/i,
    );
    const spec = { allow: [{ modes: [], namespaceSelector: {} }] };
    expect(await refusal(clusterAccount("bad", "https://api.signatureapi.com/v1", spec))).toMatch(/modes/);
  });
});

describe("what is immutable cannot be changed, also where it was not written down", () => {
  test.each<[string, Manifest, Manifest, RegExp]>([
    ["mode", {}, { mode: "test" }, /spec\.mode is immutable/],
    [
      "account",
      {},
      { accountRef: { kind: "ClusterAccount", name: "acme" } },
      /spec\.accountRef is immutable/,
    ],
    ["type", {}, { secret: { type: "example.com/key" } }, /spec\.secret\.type is immutable/],
    ["name-appears", {}, { secret: { name: "another" } }, /spec\.secret\.name is immutable/],
    ["name-goes", { secret: { name: "another" } }, {}, /spec\.secret\.name is immutable/],
  ])("%s", async (name, before, after, message) => {
    expect(await refusal(apiKey(N, name, before))).toBe("");
    const { code, stderr } = await world.cluster.kubectl(["replace", "-f", "-"], {
      input: stringify(apiKey(N, name, after)),
    });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });

  test("naming what is the default already is no change", async () => {
    expect(await refusal(apiKey(N, "same"))).toBe("");
    expect(
      await refusal(
        apiKey(N, "same", { secret: { name: "same", type: "Opaque" }, accountRef: { name: "default" } }),
      ),
    ).toBe("");
  });

  test("adopt cannot change once a key is minted", async () => {
    expect(await refusal(apiKey(N, "adopts", { adopt: { keyId: "ak_1" } }))).toBe("");
    expect(await refusal(apiKey(N, "adopts", { adopt: { keyId: "ak_2" } }))).toBe("");
    const status = JSON.stringify({ status: { keyId: "ak_9" } });
    await world.cluster.kubectl([
      "patch",
      "apikey",
      "adopts",
      "-n",
      N,
      "--subresource=status",
      "--type=merge",
      "-p",
      status,
    ]);
    expect(await refusal(apiKey(N, "adopts", { adopt: { keyId: "ak_3" } }))).toMatch(
      /before a key is minted/,
    );
  });
});

test("the kinds are found by category and short name", async () => {
  await world.apply(apiKey(N, "found"));
  expect((await world.cluster.kubectl(["get", "ak", "found", "-n", N, "-o", "name"])).stdout).toContain(
    "apikey.signatureapi.com/found",
  );
  expect((await world.cluster.kubectl(["get", "signatureapi", "-n", N, "-o", "name"])).stdout).toContain(
    "apikey.signatureapi.com/found",
  );
});

test("every field of every kind is explained", async () => {
  for (const kind of ["apikey", "account", "clusteraccount"]) {
    // The API server publishes the schema of a new kind a moment after it serves the kind.
    const whole = async (): Promise<string> =>
      (await world.cluster.kubectl(["explain", kind, "--recursive"])).stdout;
    await expect.poll(whole, { timeout: 20_000 }).toContain("spec");
    for (const part of ["spec", "status"]) {
      const explained = (await world.cluster.kubectl(["explain", `${kind}.${part}`])).stdout;
      expect(explained).not.toContain("<no description>");
    }
  }
});
