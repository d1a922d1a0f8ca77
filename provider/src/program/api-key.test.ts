import * as pulumi from "@pulumi/pulumi";
import { installationOf, ownerOf } from "@signatureapi-keys/lifecycle";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { ApiKey } from "./api-key.ts";
import { API_KEY_TYPE, BOOTSTRAP } from "./bootstrap.ts";
import { Provider, type ProviderArgs } from "./provider.ts";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  readonly id: string | undefined;
}

const registered: Registered[] = [];
const warnings: string[] = [];
/** What the resource has as outputs, besides its inputs. */
let outputs: Record<string, unknown> = {};

beforeEach(async () => {
  registered.length = 0;
  warnings.length = 0;
  outputs = {};
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id }) => {
        const sent = z.record(z.string(), z.unknown()).parse(inputs);
        registered.push({ type, name, inputs: sent, id });
        return { id: id ?? "id", state: { ...sent, ...outputs } };
      },
      call: () => ({}),
    },
    "shop",
    "dev",
    false,
    "acme",
  );
  vi.spyOn(pulumi.log, "warn").mockImplementation((message) => {
    warnings.push(message);
    return Promise.resolve();
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  pulumi.runtime.setAllConfig({});
});

const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** Waits for the registration of a resource, and returns it. */
async function registration(resource: pulumi.Resource): Promise<Registered> {
  await new Promise<string>((resolve) => {
    resource.urn.apply(resolve);
  });
  const [first] = registered;
  if (first === undefined) throw new Error("nothing was registered");
  return first;
}

/** The value of an output. */
function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

describe("what a declared key registers", () => {
  test("has the provider's code, defaults, and the identity of stack and resource", async () => {
    const { type, name, inputs } = await registration(new ApiKey("checkout", { mode: "live" }));
    expect({ type, name }).toEqual({ type: API_KEY_TYPE, name: "checkout" });
    expect(inputs).toEqual({
      __provider: BOOTSTRAP,
      mode: "live",
      description: "shop/dev/checkout",
      deletionPolicy: "Revoke",
      installation: installationOf("pulumi", "acme", "shop", "dev"),
      owner: ownerOf(`urn:pulumi:dev::shop::${API_KEY_TYPE}::checkout`),
    });
  });

  test("is written into the SDK's debug messages without values", async () => {
    await registration(new ApiKey("checkout", { mode: "live" }));
    expect(Reflect.get(pulumi.log, Symbol.for("pulumi-signatureapi.redacts-debug"))).toBe(true);
  });

  test("is what is declared", async () => {
    const args = {
      mode: "test",
      description: "Sandbox",
      deletionPolicy: "Retain",
      rotation: { every: "90d" },
    } as const;
    const { inputs } = await registration(new ApiKey("sandbox", args));
    expect(inputs).toMatchObject(args);
  });

  test("has an owner that depends on its parent", async () => {
    const parent = new pulumi.ComponentResource("shop:index:Checkout", "parent");
    const key = new ApiKey("checkout", { mode: "live" }, { parent });
    await registration(key);
    const inputs = registered.find(({ type }) => type === API_KEY_TYPE)?.inputs;
    const urn = await valueOf(pulumi.createUrn("checkout", API_KEY_TYPE, parent));
    expect(inputs).toHaveProperty("owner", ownerOf(urn));
    expect(urn).toContain("shop:index:Checkout$");
  });

  test.each([
    ["a text", { keyId: "ak_1", key: "key_live_x" }],
    ["an output", pulumi.output({ keyId: "ak_1", key: "key_live_x" })],
    ["a promise", Promise.resolve({ keyId: "ak_1", key: "key_live_x" })],
  ])("marks the value of an adopted key as secret, and not its ID (%s)", async (_what, adopt) => {
    const { inputs } = await registration(new ApiKey("checkout", { mode: "live", adopt }));
    const { adopt: sent } = inputs;
    const isWhole = typeof sent === "object" && sent !== null && SIGNATURE in sent;
    expect(JSON.stringify(sent)).toContain(SIGNATURE);
    expect(JSON.stringify(sent)).toContain("ak_1");
    if (!isWhole) expect(sent).toMatchObject({ keyId: "ak_1", key: { value: "key_live_x" } });
  });

  test("adds no value to an adoption without one", async () => {
    const { inputs } = await registration(new ApiKey("checkout", { mode: "live", adopt: { keyId: "ak_1" } }));
    expect(inputs["adopt"]).toEqual({ keyId: "ak_1" });
  });
});

describe("outputs", () => {
  const known = {
    key: "key_live_x",
    keyId: "ak_1",
    fingerprint: "0123456789ab",
    hint: "cdef",
    createdAt: "2026-11-02T09:00:00.000Z",
    revision: 3,
    nextRotationAt: "2027-11-02T09:00:00.000Z",
    previous: [{ keyId: "ak_0", revokeAt: "2026-11-03T09:00:00.000Z" }],
    status: "active",
    unrecordedKeys: [],
    accountId: "acc_1",
  };

  test("are those of the state", async () => {
    outputs = known;
    const key = new ApiKey("checkout", { mode: "live" });
    const shown = pulumi.output({
      key: key.key,
      mode: key.mode,
      description: key.description,
      deletionPolicy: key.deletionPolicy,
      keyId: key.keyId,
      fingerprint: key.fingerprint,
      hint: key.hint,
      createdAt: key.createdAt,
      revision: key.revision,
      nextRotationAt: key.nextRotationAt,
      previous: key.previous,
      status: key.status,
      unrecordedKeys: key.unrecordedKeys,
      accountId: key.accountId,
    });
    expect(await valueOf(shown)).toEqual({
      ...known,
      mode: "live",
      description: "shop/dev/checkout",
      deletionPolicy: "Revoke",
    });
  });

  test.each([
    ["alone", undefined, ["key"]],
    ["besides those that the program names", ["keyId"], ["keyId", "key"]],
  ])("have the value as a secret, %s", async (_what, additionalSecretOutputs, expected) => {
    const sent: pulumi.ResourceOptions[] = [];
    const transformations = [
      ({ opts }: pulumi.ResourceTransformationArgs) => {
        sent.push(opts);
        return undefined;
      },
    ];
    const options = { transformations, ...(additionalSecretOutputs && { additionalSecretOutputs }) };
    await registration(new ApiKey("checkout", { mode: "live" }, options));
    expect(sent).toMatchObject([{ additionalSecretOutputs: expected }]);
  });

  test("of a key that is looked up come from its ID alone, and warn of nothing", async () => {
    outputs = { ...known, unrecordedKeys: [{ keyId: "ak_2", createdAt: "2026" }] };
    const key = ApiKey.get("old", "ak_1");
    const { inputs, id } = await registration(key);
    expect(id).toBe("ak_1");
    expect(inputs).toEqual({ __provider: BOOTSTRAP });
    await valueOf(key.unrecordedKeys);
    expect(warnings).toEqual([]);
  });
});

describe("unrecorded keys", () => {
  test("are named in a warning each, with what to do", async () => {
    outputs = {
      unrecordedKeys: [
        { keyId: "ak_2", createdAt: "2026-11-02", description: "shop/prod/checkout" },
        { keyId: "ak_3", createdAt: "2026-11-03" },
      ],
    };
    const key = new ApiKey("checkout", { mode: "live" });
    await valueOf(key.unrecordedKeys);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(
      /^Key ak_2 \("shop\/prod\/checkout"\), created 2026-11-02, carries the tag of ApiKey checkout/,
    );
    expect(warnings[0]).toContain("pulumi stack export --stack <stack> | grep ak_2");
    expect(warnings[1]).toMatch(/^Key ak_3, created 2026-11-03/);
  });

  test("may be in use by another stack: the warning says where to look before it says what to do", async () => {
    outputs = { unrecordedKeys: [{ keyId: "ak_2", createdAt: "2026-11-02" }] };
    const key = new ApiKey("checkout", { mode: "live" });
    await valueOf(key.unrecordedKeys);
    const [warning = ""] = warnings;
    expect(warning.indexOf("pulumi stack export")).toBeGreaterThan(0);
    expect(warning.search(/revoke|adopt/)).toBeGreaterThan(warning.indexOf("pulumi stack export"));
    expect(warning).toMatch(/If one of them records the key, do not revoke or adopt it/);
    // Both stacks print it, and only in the newer one is there no key that something has used for long.
    expect(warning).toContain("give the newer of the two stacks a value of its own");
    // A command that could be copied at once would roll a key that is in use.
    expect(warning).not.toContain("adopt: {");
    expect(warning).not.toContain("--replace");
  });

  test("that a state of an older version does not have are no failure", async () => {
    outputs = { unrecordedKeys: undefined };
    const key = new ApiKey("checkout", { mode: "live" });
    await valueOf(key.status);
    expect(warnings).toEqual([]);
  });
});

/** What an explicit Provider with these arguments registers. */
const registers = async (args: ProviderArgs) => (await registration(new Provider("sales", args))).inputs;

describe("an explicit Provider", () => {
  test("has a name, and a token that is secret whatever is given", async () => {
    expect(await registers({ token: "plain" })).toEqual({
      "signatureapi:providerName": "sales",
      "signatureapi:providerToken": { [SIGNATURE]: expect.any(String) as unknown, value: "plain" },
    });
  });

  test("takes what is not given from the stack's configuration", async () => {
    pulumi.runtime.setAllConfig({
      "signatureapi:baseUrl": "https://stack.example/v1",
      "signatureapi:requestsPerSecond": "5",
    });
    expect(await registers({ token: "t" })).toMatchObject({
      "signatureapi:providerBaseUrl": "https://stack.example/v1",
      "signatureapi:requestsPerSecond": "5",
    });
  });

  test("prefers what is given", async () => {
    pulumi.runtime.setAllConfig({
      "signatureapi:baseUrl": "https://stack.example/v1",
      "signatureapi:requestsPerSecond": "5",
    });
    const args = { token: "t", baseUrl: "https://given.example/v1", requestsPerSecond: 2 };
    expect(await registers(args)).toMatchObject({
      "signatureapi:providerBaseUrl": "https://given.example/v1",
      "signatureapi:requestsPerSecond": "2",
    });
  });

  test.each<[string, Partial<ProviderArgs>, string]>([
    ["of the stack", {}, "stack.yaml"],
    ["as the path of a file", { contract: "given.yaml" }, "given.yaml"],
    ["as an object", { contract: { paths: { getAccount: "/me" } } }, '{"paths":{"getAccount":"/me"}}'],
  ])("takes a mapping of names %s", async (_what, args, contract) => {
    pulumi.runtime.setAllConfig({ "signatureapi:contract": "stack.yaml" });
    expect(await registers({ token: "t", ...args })).toMatchObject({ "signatureapi:contract": contract });
  });
});
