import { ACCOUNTS, API_KEYS, SECRET_ANNOTATIONS, SECRETS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";
import { tokenOf, type Manifest } from "./manifests.ts";

let world: World;

beforeAll(async () => {
  world = await World.start({
    emulator: { accounts: [{ id: "acc_emulator", token: "emulator-token", testKeys: 50 }] },
  });
  await world.startController({ timing: FAST_TIMING });
});

afterAll(async () => world[Symbol.asyncDispose]());

/** The two ways to suspend, and how each is reported. */
const WAYS = [
  ["ApiKey", "Suspended"],
  ["Account", "AccountSuspended"],
] as const;

async function suspend(key: OneKey, kind: (typeof WAYS)[number][0], value: boolean): Promise<void> {
  const { namespace } = key.ref;
  if (kind === "ApiKey") {
    await key.suspend(value);
    return;
  }
  const ref = { namespace, name: "default" };
  await world.kube.patch(ACCOUNTS, ref, { spec: { suspend: value } }, { type: "merge" });
  await world.untilObserved(ACCOUNTS, ref);
}

test.each<readonly [what: string, spec: Manifest, reason: string]>([
  ["suspended", { suspend: true }, "Suspended"],
  ["invalid", { secret: { type: "example.com/not-allowed" } }, "SecretTypeNotAllowed"],
])(
  "nothing is asked about keys that the Secret of an ApiKey names which is %s, until it is deleted",
  async (what, spec, reason) => {
    const accountId = await world.addAccount(what);
    const { id } = world.emulator.admin.createKey(accountId, { mode: "live", description: "made by hand" });
    const key = new OneKey(world, what, { token: tokenOf(what) });
    await world.apply(key.manifest(spec));
    await key.stalled(reason);
    const previous = [{ keyId: id, revokeAt: "2099-01-01T00:00:00Z", reason: "RotationDue" }];
    const annotations = {
      [SECRET_ANNOTATIONS.owner]: (await key.object()).metadata.uid,
      [SECRET_ANNOTATIONS.keyId]: id,
      [SECRET_ANNOTATIONS.account]: accountId,
      [SECRET_ANNOTATIONS.attempt]: "abcdefgh",
      [SECRET_ANNOTATIONS.revision]: "1",
      [SECRET_ANNOTATIONS.createdAt]: "2026-11-01T00:00:00Z",
      [SECRET_ANNOTATIONS.committedAt]: "2026-11-01T00:00:00Z",
      [SECRET_ANNOTATIONS.fingerprint]: "0123456789ab",
      [SECRET_ANNOTATIONS.previous]: JSON.stringify(previous),
    };
    const labels = { "signatureapi.com/apikey": "app" };
    await world.kube.create(SECRETS, { metadata: { ...key.ref, annotations, labels } });
    for (const description of ["one look", "another look"]) {
      await key.change({ description });
      await world.untilObserved(API_KEYS, key.ref);
    }
    const asked = (): readonly unknown[] =>
      world.emulator.admin.requests({ account: accountId }).map(({ operation }) => operation);
    expect(asked()).not.toContain("getApiKey");

    await key.patch({ metadata: { finalizers: ["signatureapi.com/revoke"] } });
    await key.remove();
    expect(asked()).toContain("getApiKey");
    expect(world.activeKeysIn(accountId)).toEqual([id]);
  },
);

describe.each(WAYS)("a suspended %s", (kind, reason) => {
  test.each<readonly [what: string, spec: Manifest, act: (key: OneKey) => Promise<void>]>([
    ["lost Secret", {}, async (key) => key.deleteSecret()],
    ["edited value", {}, async (key) => key.patchSecret({ stringData: { SIGNATUREAPI_KEY: "edited" } })],
    ["lost Secret of a test key", { mode: "test" }, async (key) => key.deleteSecret()],
    ["emergency", {}, async (key) => key.annotate({ "signatureapi.com/emergency-rotate": "leaked" })],
    [
      "trigger",
      { rotation: { trigger: "one" } },
      async (key) => key.change({ rotation: { trigger: "two" } }),
    ],
  ])("mints and rolls nothing for a %s, and goes on when it is resumed", async (what, spec, act) => {
    const key = new OneKey(world, `${kind}-${what}`.toLowerCase().replaceAll(" ", "-"));
    const { value } = await key.ready(spec);
    const { createApiKey: made = 0, rollApiKey: rolled = 0 } = world.emulator.admin.counters();
    await suspend(key, kind, true);
    await act(key);
    await key.stalled(reason);
    const counters = world.emulator.admin.counters();
    expect([counters["createApiKey"] ?? 0, counters["rollApiKey"] ?? 0]).toEqual([made, rolled]);
    await suspend(key, kind, false);
    const next = await key.newValue(value);
    expect(await world.authenticates(next)).toBe(200);
  });

  test("revokes what is due, keeps the Secret's labels, and is deleted", async () => {
    const key = new OneKey(world, `${kind}-going-on`.toLowerCase());
    const { keyId, value } = await key.ready({ rotation: { overlap: "3s", trigger: "one" } });
    await key.declare({ rotation: { overlap: "3s", trigger: "two" } });
    const next = await key.newValue(value);
    await key.untilStatus(({ previous }) => previous !== undefined);
    await suspend(key, kind, true);
    await key.untilStatus(({ previous }) => previous === undefined);
    expect(world.stateOf(keyId)).toBe("revoked");
    await key.patchSecret({ metadata: { labels: { "signatureapi.com/apikey": "another" } } });
    await key.untilSecret(({ metadata }) => metadata.labels?.["signatureapi.com/apikey"] === "app");
    await key.remove();
    expect([key.active(), await world.authenticates(next)]).toEqual([0, 401]);
  });
});
