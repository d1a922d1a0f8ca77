import { SECRETS } from "@signatureapi-keys/controller/resources";
import { fingerprintOf } from "@signatureapi-keys/management-api";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { listening } from "../e2e/listening.ts";
import { OneKey } from "../e2e/one-key.ts";
import { account, apiKey, credentials, tokenOf } from "../e2e/manifests.ts";
import { AttackedWorld } from "./attacked-world.ts";

/**
 * What a user who may edit a namespace can try, by the rows of the project's list of hard cases. Each is tried with the
 * rights of such a user against a real API server; after each, no key of others was revoked, rolled, described anew or
 * delivered. SECURITY.md has the same rows, and names what holds those that are tested elsewhere.
 */
const PAST = "2020-01-01T00:00:00.000Z";
const LIVE_MODE = ["live"];

let world: AttackedWorld;

beforeAll(async () => {
  world = await AttackedWorld.open();
}, 120_000);

afterAll(async () => {
  // Whatever the order in which they were tried: in the end nothing of others is harmed.
  expect(await world.harm()).toEqual([]);
  await world[Symbol.asyncDispose]();
});

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

const JUNK_VALUE = "key_live_junkjunkjunkjunk";
const JUNK = { SIGNATUREAPI_KEY: base64(JUNK_VALUE) };

/** What a commit of ours writes beside a value, beside junk. */
function forgedRecord(uid: string, keyId = "", attempt = ""): Record<string, string> {
  const fields = {
    "owner-uid": uid,
    "key-id": keyId,
    "account-id": "acme",
    attempt,
    revision: "1",
    fingerprint: fingerprintOf(JUNK_VALUE),
    "created-at": PAST,
    "committed-at": PAST,
    entry: "SIGNATUREAPI_KEY",
  };
  const named = Object.entries(fields).map(([name, text]) => [`signatureapi.com/${name}`, text] as const);
  return Object.fromEntries(named);
}

async function revoked(keyId: string): Promise<void> {
  await vi.waitFor(() => expect(world.stateOf(keyId)).toBe("revoked"), { timeout: 20_000 });
}

describe.concurrent("row 26: records forged into the tenant's own Secret", () => {
  test("a rotation does not revoke what they name", async () => {
    const tenant = await world.tenant("forge-rotate");
    const first = await tenant.keyed();
    const named = [world.victim.keyId, world.handMade.keyId];
    const previous = JSON.stringify(named.map((keyId) => ({ keyId, revokeAt: PAST, reason: "x" })));
    await tenant.forge({ "key-id": world.victim.keyId, previous });
    await tenant.change({ rotation: { trigger: "now" } });
    // Its own old key retires, after everything that the records name was looked at.
    await revoked(first);
    expect(await world.harm()).toEqual([]);
  });

  test("a deletion does not revoke what they name, and says so", async () => {
    const tenant = await world.tenant("forge-delete");
    const own = await tenant.keyed();
    const previous = JSON.stringify([{ keyId: world.handMade.keyId, revokeAt: PAST, reason: "x" }]);
    // What is forged earlier is put right before it is read.
    const gap = world.holdBefore(tenant.namespace, "read-secret");
    const gone = tenant.remove();
    await gap.reached;
    await tenant.forge({ "key-id": world.victim.keyId, previous });
    gap.release();
    await gone;
    expect(world.stateOf(own)).toBe("revoked");
    expect(await tenant.event("ForeignKey", /another owner/)).toMatch(/not touched/);
    expect(await world.harm()).toEqual([]);
  });

  test("in the gap between the commit and the status, they do not enter the status", async () => {
    const tenant = await world.tenant("forge-gap");
    const gap = world.holdBefore(tenant.namespace, "write-status:Committed");
    await tenant.declare();
    await gap.reached;
    const previous = JSON.stringify([{ keyId: world.handMade.keyId, revokeAt: PAST, reason: "x" }]);
    await tenant.forge({ "key-id": world.victim.keyId, previous });
    // A label edit makes the status write fail, so that what comes next reads the Secret.
    await tenant.patch({ metadata: { labels: { a: "b" } } });
    gap.release();
    await tenant.reported("KeyDelivered");
    const status = await tenant.status();
    expect([status.keyId, ...(status.previous ?? []).map(({ keyId }) => keyId)]).not.toContain(
      world.victim.keyId,
    );
    await tenant.remove();
    expect(world.keysOf(tenant.namespace).map(({ status: state }) => state)).not.toContain("active");
    expect(await world.harm()).toEqual([]);
  });

  test.for([
    ["before the commit of the next key", "commit-secret"],
    ["before the commit is recorded", "write-status:Committed"],
  ] as const)("all at once in a rotation, %s, do not revoke what they name", async ([, step], context) => {
    const tenant = await world.tenant(`forge-all-${step.split(":")[0]}`);
    const first = await tenant.keyed();
    const { uid } = (await tenant.object()).metadata;
    const gap = world.holdBefore(tenant.namespace, step);
    await tenant.change({ rotation: { trigger: "now" } });
    await gap.reached;
    const named = [world.victim.keyId, world.handMade.keyId];
    const previous = JSON.stringify(named.map((keyId) => ({ keyId, revokeAt: PAST, reason: "x" })));
    const all = {
      ...forgedRecord(uid, world.victim.keyId, "abcdefgh"),
      "signatureapi.com/previous": previous,
    };
    await tenant.kube.patch(SECRETS, tenant.ref, { metadata: { annotations: all } }, { type: "merge" });
    gap.release();
    // Its own old key retires, after everything that the records name was looked at.
    await revoked(first);
    // Whatever the records named is on no record any more once the rotation is over.
    const { keyId = "" } = await tenant.untilStatus(
      ({ attempt, previous: left = [] }) => attempt === undefined && left.length === 0,
    );
    context.expect(world.stateOf(keyId)).toBe("active");
    context.expect(await tenant.authenticates()).toBe(200);
    context.expect(await world.harm()).toEqual([]);
  });
});

describe.concurrent("row 27: a Secret that is there before the commit", () => {
  test("with the attempt's ID and junk is not taken for the commit, and the key is revoked", async () => {
    const tenant = await world.tenant("junk");
    const gap = world.holdBefore(tenant.namespace, "commit-secret");
    await tenant.declare();
    await gap.reached;
    const { attempt } = await tenant.status();
    const { uid } = (await tenant.object()).metadata;
    const [minted] = world.keysOf(tenant.namespace);
    const annotations = forgedRecord(uid, minted?.id, attempt?.id);
    await tenant.kube.create(SECRETS, { metadata: { ...tenant.ref, annotations }, data: JUNK });
    gap.release();
    expect(await tenant.event("SecretConflict")).toMatch(/carries our attempt with data that is not ours/);
    await revoked(minted?.id ?? "");
    expect((await tenant.status()).keyId).not.toBe(minted?.id);
    expect(await world.harm()).toEqual([]);
  });
});

describe.concurrent("row 28: a status written by the tenant, where no admission policy stops it", () => {
  test("is no licence to revoke a key that is tagged for another owner", async () => {
    const tenant = await world.tenant("status");
    await tenant.keyed();
    const { keyId } = world.victim;
    const previous = [{ keyId, revokeAt: PAST, reason: "x" }];
    await tenant.writeStatus({ keyId, previous });
    await tenant.remove();
    expect(await world.harm()).toEqual([]);
  });

  test("is no licence to roll one either", async () => {
    const tenant = await world.tenant("status-roll");
    await tenant.declare({ suspend: true });
    await tenant.reported("Suspended");
    const attempt = {
      id: "abcdefgh",
      op: "roll",
      keyId: world.victim.keyId,
      revision: 1,
      startedAt: PAST,
      reason: "Adopted",
      description: "mine",
    };
    await tenant.writeStatus({ keyId: world.victim.keyId, attempt, revision: 0 });
    await tenant.change({ suspend: false });
    // What the status claims to adopt is undone, and a key of its own is made.
    await tenant.reported("KeyDelivered");
    expect((await tenant.status()).keyId).not.toBe(world.victim.keyId);
    expect(await world.harm()).toEqual([]);
  });
});

describe.concurrent("row 29: adoption of what belongs to others", () => {
  test("a neighbour's key that no account lists is not even asked for", async () => {
    const tenant = await world.tenant("adopt-neighbour");
    await tenant.declare({ adopt: { keyId: world.victim.keyId } });
    expect(await tenant.reported("AdoptionNotAllowed")).toContain(world.victim.keyId);
    expect(await world.harm()).toEqual([]);
  });

  test("a key made by hand that no account lists is not even asked for", async () => {
    const tenant = await world.tenant("adopt-by-hand");
    const { admin } = world.emulator;
    const { id: keyId } = admin.createKey("acme", { mode: "live", description: "by hand, too" });
    await tenant.declare({ adopt: { keyId } });
    await tenant.reported("AdoptionNotAllowed");
    const asked = admin.requests({ account: "acme" });
    expect(asked.filter(({ path }) => path.includes(keyId))).toEqual([]);
    expect(world.stateOf(keyId)).toBe("active");
    expect(await world.harm()).toEqual([]);
  });

  test("a neighbour's key is refused even where it is listed, and whatever the Secret claims", async () => {
    const tenant = await world.tenant("adopt-listed");
    const { keyId, value } = world.victim;
    await world.allow({
      modes: LIVE_MODE,
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": tenant.namespace } },
      adoptKeyIds: [keyId],
    });
    // What can be known of the victim: the hint, the ID. What is claimed: that its owner is gone.
    const junk = `key_live_junkjunkjunk${value.slice(-4)}`;
    await tenant.kube.create(SECRETS, {
      metadata: {
        ...tenant.ref,
        annotations: {
          "signatureapi.com/owner-uid": "00000000-0000-0000-0000-000000000000",
          "signatureapi.com/key-id": keyId,
        },
      },
      data: { SIGNATUREAPI_KEY: base64(junk) },
    });
    await tenant.declare({ adopt: { keyId } });
    expect(await tenant.reported("AdoptionRefused")).toMatch(/another ApiKey/);
    expect(await world.harm()).toEqual([]);
  });

  test("an Account of the tenant's own lists what it likes, and gets nothing that has an owner", async () => {
    const tenant = await world.tenant("adopt-account");
    const { keyId } = world.victim;
    await world.apply(
      credentials(tenant.namespace, { token: tokenOf("acme") }),
      account(tenant.namespace, world.emulator.url, { adoptKeyIds: [keyId] }),
      apiKey(tenant.namespace, "app", { adopt: { keyId } }),
    );
    expect(await tenant.reported("AdoptionRefused")).toMatch(/another ApiKey/);
    expect(await world.harm()).toEqual([]);
  });
});

describe.concurrent("row 30: a leaked key that some Secret names", () => {
  test("is revoked all the same: abandoned beats recorded", async () => {
    const tenant = await world.tenant("shield");
    const { admin, url } = world.emulator;
    admin.addAccount({ id: "shield", token: tokenOf("shield") });
    admin.addFault({
      match: { operation: "createApiKey", account: "shield" },
      when: "after",
      fault: { kind: "reset" },
    });
    await world.apply(
      credentials(tenant.namespace, { token: tokenOf("shield") }),
      account(tenant.namespace, url),
    );
    await tenant.declare({ accountRef: { kind: "Account", name: "default" } });
    await tenant.reported("CreateOutcomeUnknown");
    const [leaked] = world.keysOf(tenant.namespace);
    const { abandoned = [] } = await tenant.status();
    const { uid } = (await tenant.object()).metadata;
    // In the Secret of the ApiKey itself, and in another one.
    const annotations = forgedRecord(uid, leaked?.id, abandoned[0]?.id);
    for (const name of ["app", "shield"]) {
      const metadata = { name, namespace: tenant.namespace, annotations };
      await tenant.kube.create(SECRETS, { metadata, data: JUNK });
    }
    await revoked(leaked?.id ?? "");
    expect(await world.harm()).toEqual([]);
  });
});

describe.concurrent("row 31: a Secret that has a meaning to other software", () => {
  test.for<[what: string, secret: Record<string, unknown>, reason: string]>([
    [
      "a service account token",
      {
        type: "kubernetes.io/service-account-token",
        annotations: { "kubernetes.io/service-account.name": "default" },
      },
      "SecretTypeNotAllowed",
    ],
    ["a bootstrap token", { type: "bootstrap.kubernetes.io/token" }, "SecretTypeNotAllowed"],
    ["a Helm release", { type: "helm.sh/release.v1" }, "SecretTypeNotAllowed"],
    ["a release by its name", { name: "sh.helm.release.v1.shop.v99" }, "SecretNameNotAllowed"],
    ["what Helm selects by a plain label", { labels: { owner: "helm" } }, "SecretMetadataNotAllowed"],
    [
      "an Argo CD cluster",
      { labels: { "argocd.argoproj.io/secret-type": "cluster" } },
      "SecretMetadataNotAllowed",
    ],
    [
      "a key of sealed-secrets",
      { labels: { "sealedsecrets.bitnami.com/sealed-secrets-key": "active" } },
      "SecretMetadataNotAllowed",
    ],
    [
      "what a replicator copies",
      { annotations: { "replicator.v1.mittwald.de/replicate-to": ".*" } },
      "SecretMetadataNotAllowed",
    ],
  ])("is not written: %s", async ([what, secret, reason], context) => {
    const tenant = await world.tenant(what.replaceAll(/[^a-z]+/gi, "-").toLowerCase());
    await tenant.declare({ secret });
    await tenant.reported(reason);
    context.expect(await tenant.findSecret()).toBeUndefined();
    context.expect(world.keysOf(tenant.namespace)).toEqual([]);
  });

  test.for(["kube-system", "signatureapi-system"])("is not written into %s", async (reserved, context) => {
    await world.apply(apiKey(reserved, "app", { accountRef: { kind: "ClusterAccount", name: "acme" } }));
    const key = new OneKey(world, reserved);
    await key.refused("NamespaceReserved");
    context.expect(await key.findSecret()).toBeUndefined();
  });
});

describe.concurrent("row 32: an Account that leads somewhere else", () => {
  let trap: Server;
  let trapUrl: string;
  const requests: string[] = [];

  beforeAll(async () => {
    trap = createServer((request, response) => {
      requests.push(request.url ?? "");
      response.writeHead(200).end();
    });
    trapUrl = `${await listening(trap)}/v1`;
  });

  afterAll(() => {
    trap.closeAllConnections();
    trap.close();
  });

  test("gets no token, wherever it leads", async () => {
    const tenant = await world.tenant("elsewhere");
    const user = new URL(world.emulator.url);
    user.username = "user";
    const urls = [trapUrl, "http://169.254.169.254/v1", "https://kubernetes.default.svc/v1", user.href];
    await world.apply(
      credentials(tenant.namespace),
      ...urls.map((url, index) => account(tenant.namespace, url, {}, `account-${index}`)),
    );
    for (const index of urls.keys()) {
      const name = `app-${index}`;
      await tenant.declare({ accountRef: { kind: "Account", name: `account-${index}` } }, name);
      await Promise.any([
        tenant.reported("BaseURLNotAllowed", name),
        tenant.reported("InvalidBaseURL", name),
      ]);
    }
    expect(requests).toEqual([]);
  });

  test("gets no other Secret of the namespace sent as a token", async () => {
    const tenant = await world.tenant("any-secret");
    await world.apply(
      credentials(tenant.namespace, { labelled: false, token: "the-database-password" }),
      account(tenant.namespace, world.emulator.url),
      apiKey(tenant.namespace, "app"),
    );
    expect(await tenant.reported("CredentialsNotLabelled")).not.toContain("the-database-password");
  });
});

describe.concurrent("row 33: an account that is to be used up", () => {
  test("an annotation in a loop gets five emergency keys an hour, and no more", async () => {
    const tenant = await world.tenant("loop");
    let keyId = await tenant.keyed();
    for (let count = 1; count <= 6; count += 1) {
      await tenant.annotate({ "signatureapi.com/emergency-rotate": `again ${count}` });
      if (count === 6) break;
      keyId = (await tenant.replaced(keyId)).keyId ?? "";
    }
    expect(await tenant.reported("MintBudgetExhausted")).toMatch(/5 keys/);
    expect(world.keysOf(tenant.namespace)).toHaveLength(6);
  });
});

describe.concurrent("row 34: hostile text", () => {
  test.for([
    ["partials", "{{> key}}"],
    ["blocks", "{{#key}}x{{/key}}"],
    ["what others know of", "{{token}}"],
  ])("in a template is refused: %s", async ([what = "", value], context) => {
    const tenant = await world.tenant(`template-${what.replaceAll(" ", "-")}`);
    await tenant.declare({ secret: { template: [{ name: ".env", value }] } });
    context.expect(await tenant.reported("InvalidSpec")).toMatch(/only \{\{key\}\}/);
    context.expect(world.keysOf(tenant.namespace)).toEqual([]);
  });

  test("in a template that is markup is delivered as it stands, and means nothing to us", async () => {
    const tenant = await world.tenant("markup");
    const value = "<script>{{key}}</script>{$(id)`id`}\u0000\n";
    await tenant.keyed({ secret: { template: [{ name: "x", value }] } });
    expect(await tenant.value("x")).toBe(value.replace("{{key}}", (await tenant.value()) ?? ""));
  });

  test.for([
    ["too long", { description: "x".repeat(181) }],
    ["with a tag of ours", { description: "mine [ak:0123456789.0123456789abcdef:1:abcdefgh]" }],
    ["that reads backwards", { description: "a\u202Eb" }],
  ] as const)("in a description is refused by the API server: %s", async ([what, spec], context) => {
    const tenant = await world.tenant(`text-${what.replaceAll(" ", "-")}`);
    await context.expect(tenant.declare(spec)).rejects.toThrow(/description/);
  });

  test("in a label of the Secret is refused by the API server: a value that is too long", async () => {
    const tenant = await world.tenant("label-value");
    const refused = tenant.declare({ secret: { labels: { a: "x".repeat(64) } } });
    await expect(refused).rejects.toThrow(/labels/);
  });

  test.for([
    [
      "a label name that is too long",
      { labels: { [`team.example.com/${"x".repeat(64)}`]: "a" } },
      /must be no more than 63/,
    ],
    ["a label value that is none", { labels: { "team.example.com/a": "<script>" } }, /a valid label must/],
    [
      "more than 256 KiB of annotations",
      {
        annotations: Object.fromEntries(
          Array.from({ length: 70 }, (_none, n) => [`team.example.com/a${n}`, "x".repeat(4_000)]),
        ),
      },
      /may not be more than 262144|must have at most 262144/,
    ],
  ] as const)(
    "in the Secret's metadata is found by the dry run, before anything is minted: %s",
    async ([what, secret, why], context) => {
      const tenant = await world.tenant(`metadata-${what.replaceAll(/[^a-z]+/g, "-")}`);
      await tenant.declare({ secret });
      context.expect(await tenant.reported("SecretRejected")).toMatch(why);
      context.expect(world.keysOf(tenant.namespace)).toEqual([]);
    },
  );
});
