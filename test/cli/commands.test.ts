import { afterAll, beforeAll, expect, test } from "vitest";
import { KubeClient, loadKubeConfig, metadataOf } from "@signatureapi-keys/controller/kube";
import { ACCOUNTS, SECRETS } from "@signatureapi-keys/controller/resources";
import { OneKey } from "../e2e/one-key.ts";
import { tokenOf } from "../e2e/manifests.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";
import { runCli, startCli, type CliResult } from "./run-cli.ts";
import { podsOf, viewer } from "./manifests.ts";

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.startController({ timing: FAST_TIMING });
});

afterAll(async () => world[Symbol.asyncDispose]());

async function ready(n: string, spec: Record<string, unknown> = {}): Promise<OneKey> {
  await world.addAccount(n);
  const key = new OneKey(world, n, { token: tokenOf(n) });
  await key.declare(spec);
  await key.untilReady();
  return key;
}

async function cli(...args: readonly string[]): Promise<CliResult> {
  return runCli(args, { kubeconfig: world.cluster.kubeconfigFile });
}

test("status shows the way from the account to each Pod that uses the key, and no value of it", async () => {
  const key = await ready("tree", { rotation: { every: "90d" } });
  const { value } = await key.delivered();
  await world.apply(...podsOf("tree", "app"));
  // A value that a user has put where it must not be.
  await key.patchSecret({
    metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": value } },
  });
  const { code, out } = await cli("status", "-n", "tree");
  expect(code).toBe(0);
  expect(out).toMatch(/^Account tree\/default, ready, acc_tree, live mode enabled, inventory \d+s ago$/m);
  expect(out).toMatch(/^└─ ApiKey tree\/app, live, ready, \d+s old$/m);
  expect(out).toMatch(/Key ak_\w+ \(…\w{4}\), revision 1, \d+s old, next rotation in \d+d$/m);
  expect(out).toMatch(/Secret app, value \d+s old$/m);
  expect(out).toMatch(/Deployment shop, env SIGNATUREAPI_KEY, restarted with each new value, 0\/2 updated/);
  expect(out).toMatch(/Pod shop-7d9f-x1, Pending, \d+s old$/m);
  expect(out).toMatch(/Pod by-hand, volume keys, projected volume all, Pending/);
  expect(out).not.toContain("unrelated");
  expect(out).toMatch(/^Timeline$/m);
  expect(out).toContain("the ApiKey was created");
  const json = await cli("status", "-n", "tree", "-o", "json");
  const yaml = await cli("status", "app", "-n", "tree", "-o", "yaml");
  for (const text of [out, json.out, yaml.out]) {
    expect(text).not.toContain(value);
    expect(text).not.toContain(Buffer.from(value).toString("base64"));
  }
  expect(JSON.parse(json.out)).toMatchObject({ accounts: [{ name: "default", apiKeys: [{ name: "app" }] }] });
});

test("of Secrets, only the metadata leaves the API server", async () => {
  const key = await ready("meta");
  const client = KubeClient.fromKubeConfig(
    await loadKubeConfig({ kubeconfigPath: world.cluster.kubeconfigFile }),
  );
  const type = metadataOf(SECRETS);
  const got = await client.get(type, key.ref);
  const { items, resourceVersion } = await client.listAll(type, { namespace: "meta" });
  const stop = new AbortController();
  const watch = client.watch(type, {
    namespace: "meta",
    resourceVersion,
    timeoutSeconds: 30,
    idleTimeoutMs: 30_000,
    signal: stop.signal,
  });
  const next = watch.next();
  await key.patchSecret({ metadata: { labels: { touched: "true" } } });
  const event = (await next).value;
  stop.abort();
  await watch.next().catch(() => undefined);
  await client.close();
  const seen = event?.type === "modified" ? event.object : undefined;
  for (const object of [got, items.find(({ metadata }) => metadata.name === "app"), seen]) {
    expect(Object.keys(object ?? {}).toSorted()).toEqual(["apiVersion", "kind", "metadata"]);
    expect(object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "app" } });
  }
});

test("without the right to read Secrets and Pods, status shows the rest, and names what is missing", async () => {
  await ready("partial");
  await world.apply(...viewer("partial"));
  const kubeconfig = await world.cluster.serviceAccountKubeconfig({ namespace: "partial", name: "viewer" });
  const { code, out } = await runCli(["status", "-n", "partial"], { kubeconfig });
  expect(code).toBe(0);
  expect(out).toContain("ApiKey partial/app, live, ready");
  expect(out).toContain("Secret app, not readable");
  expect(out).toContain("Note: you may not list secrets in namespace partial, so they are not shown.");
  expect(out).toContain("Note: you may not list clusteraccounts.signatureapi.com in the whole cluster");
});

test("rotate --wait replaces the key and shows each step, and wait --for retired its end", async () => {
  const key = await ready("rotated", { rotation: { overlap: "2s" } });
  const before = await key.delivered();
  const { code, out, err } = await cli("rotate", "app", "-n", "rotated", "--reason", "a test", "--wait");
  const after = await key.delivered();
  expect(after.keyId).not.toBe(before.keyId);
  expect([code, out]).toEqual([0, `apikey/app: rotated, the key is ${after.keyId}\n`]);
  expect(err).toMatch(/\d+s {2}attempt \w{8} is recorded \(create, RotationTriggered\)/);
  expect(err).toContain(`key ${after.keyId} is committed: Secret app holds its value`);
  expect(err).toContain(`key ${before.keyId} retires`);
  expect((await key.object()).metadata.annotations?.["signatureapi.com/rotate"]).toMatch(
    /^\d{4}-.*Z a test$/,
  );
  const retired = await cli("wait", "app", "-n", "rotated", "--for", "retired");
  expect(retired).toMatchObject({ code: 0, out: "apikey/app: retired\n" });
  expect(world.stateOf(before.keyId)).toBe("revoked");
  expect(await cli("wait", "app", "-n", "rotated", "--for", "rotated")).toMatchObject({ code: 0 });
});

test("an emergency asks first; without a terminal it is refused, and nothing is changed", async () => {
  const key = await ready("emergency", { rotation: { overlap: "1h" } });
  const before = await key.delivered();
  const refused = await cli("rotate", "app", "-n", "emergency", "--emergency");
  expect(refused).toMatchObject({ code: 2, out: "" });
  expect(refused.err).toContain("Add --yes.");
  const { kubeconfigFile: kubeconfig } = world.cluster;
  const args = ["rotate", "app", "-n", "emergency", "--emergency", "--wait"];
  const denied = await runCli(args, { kubeconfig, isTTY: true, answers: ["n"] });
  expect(denied.code).toBe(130);
  expect(denied.err).toContain(`revokes ${before.keyId} as soon as its Secret holds a new value`);
  expect((await key.object()).metadata.annotations ?? {}).not.toHaveProperty(
    "signatureapi.com/emergency-rotate",
  );
  const done = await runCli(args, { kubeconfig, isTTY: true, answers: ["yes"] });
  expect(done.code).toBe(0);
  expect(world.stateOf(before.keyId)).toBe("revoked");
  expect(done.err).toContain(`key ${before.keyId} is revoked`);
});

test("reconcile --wait returns when the controller has looked, with what it found", async () => {
  await ready("looked");
  const { code, out } = await cli("reconcile", "app", "-n", "looked", "--wait");
  expect(code).toBe(0);
  expect(out).toMatch(/^apikey\/app: looked at, KeyDelivered: key ak_\w+ is in Secret app$/m);
});

test("suspend and resume work for ApiKeys and accounts, and a suspended key is not rotated", async () => {
  const key = await ready("paused");
  expect(await cli("suspend", "app", "-n", "paused")).toMatchObject({ code: 0 });
  expect((await key.object()).spec).toMatchObject({ suspend: true });
  const refused = await cli("rotate", "app", "-n", "paused");
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("Resume it first: kubectl signatureapi resume app -n paused");
  expect((await key.object()).metadata.annotations ?? {}).not.toHaveProperty("signatureapi.com/rotate");
  expect(await cli("resume", "app", "-n", "paused")).toMatchObject({ code: 0, out: "apikey/app: resumed\n" });
  expect(await cli("wait", "app", "-n", "paused", "--for", "ready")).toMatchObject({ code: 0 });
  const account = await cli("suspend", "account/default", "-n", "paused");
  expect(account.out).toContain("account/default: suspended");
  const accountSpec = await world.kube.get(ACCOUNTS, { namespace: "paused", name: "default" });
  expect(accountSpec.spec).toMatchObject({ suspend: true });
});

test("a wait that takes too long says what is missing, and what to do about it", async () => {
  const key = await ready("slow", { deletionProtection: true });
  await key.delete();
  const { code, err } = await cli("wait", "app", "-n", "slow", "--for", "deleted", "--timeout", "3s");
  expect(code).toBe(4);
  expect(err).toContain("apikey/app in namespace slow is not deleted in time: DeletionProtected");
  expect(err).toContain("set spec.deletionProtection to false");
  const problem = await cli("status", "app", "-n", "slow");
  expect(problem.out).toContain("Try: kubectl patch apikey app -n slow");
});

test("what does not exist is named, with a command that lists what there is", async () => {
  const { code, err } = await cli("rotate", "nope", "-n", "default");
  expect(code).toBe(1);
  expect(err).toContain('apikeys.signatureapi.com "nope" not found');
  expect(err).toContain("List what is there: kubectl get apikeys -n default");
});

test("events shows those of one ApiKey, and watches for more", async () => {
  const key = await ready("events");
  await key.event("KeyDelivered");
  const { out } = await cli("events", "app", "-n", "events");
  expect(out).toMatch(/^AGE +NAMESPACE +OBJECT +TYPE +REASON +NOTE$/m);
  expect(out).toContain("apikey/app");
  expect((await cli("events", "app", "-n", "events", "--warnings")).out).toMatch(/^No events\./);
  const { io, ended } = startCli(["events", "app", "-n", "events", "--watch"], {
    kubeconfig: world.cluster.kubeconfigFile,
  });
  await cli("rotate", "app", "-n", "events", "--wait");
  await expect.poll(() => io.out(), { timeout: 20_000, interval: 50 }).toContain("RotationTriggered");
  io.interrupt();
  expect(await ended).toBe(0);
});

test("status --watch shows the tree again after a change, until it is interrupted", async () => {
  const key = await ready("watched");
  const { io, ended } = startCli(["status", "app", "-n", "watched", "--watch"], {
    kubeconfig: world.cluster.kubeconfigFile,
  });
  await expect.poll(() => io.out(), { timeout: 20_000, interval: 50 }).toContain("ApiKey watched/app");
  const { keyId } = await key.delivered();
  await cli("rotate", "app", "-n", "watched", "--wait");
  await expect
    .poll(() => io.out(), { timeout: 20_000, interval: 50 })
    .toContain(`Previous key ${keyId} (RotationTriggered) is revoked in`);
  io.interrupt();
  expect(await ended).toBe(0);
});

test("completion offers the names of the ApiKeys of the namespace", async () => {
  await ready("complete");
  const { out } = await cli("__complete", "rotate", "-n", "complete", "a");
  expect(out).toBe("app\n:4\n");
});

test("an impersonated user with a group has that user's rights", async () => {
  await ready("impersonated");
  const args = ["status", "-n", "impersonated", "--as", "jane"];
  const refused = await cli(...args);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('User "jane" cannot list resource "apikeys"');
  expect(await cli(...args, "--as-group", "system:masters", "--as-group", "others")).toMatchObject({
    code: 0,
  });
});

test("a context, a server and a token replace what the kubeconfig says", async () => {
  const args = ["status", "-n", "default", "--server", world.cluster.url];
  const withToken = [
    ...args,
    "--token",
    world.cluster.adminToken,
    "--certificate-authority",
    world.cluster.caFile,
  ];
  const found = await runCli(withToken, { kubeconfig: "/nonexistent/config" });
  expect(found.code).toBe(0);
  expect(found.out).toContain("No ApiKeys.");
  const wrong = await cli("status", "--context", "nope");
  expect(wrong.code).toBe(5);
  expect(wrong.err).toContain('the kubeconfig has no context "nope"; it has: test');
});
