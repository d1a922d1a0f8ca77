import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACCOUNTS, API_KEYS, SECRETS } from "@signatureapi-keys/controller/resources";
import { isReady, refusedFor } from "./conditions.ts";
import { eventNote } from "./events.ts";
import { account, apiKey, clusterAccount, credentials, namespace } from "./manifests.ts";
import { FAST_TIMING, World, type Manifest } from "./world.ts";

/** What is wrong, and how the user is told. */
interface Case {
  readonly name: string;
  /** Everything besides the namespace; `n` is its name, `url` the emulator's. */
  readonly objects: (n: string, url: string) => readonly Manifest[];
  readonly reason: string;
  readonly message: RegExp;
  /** How the account at the vendor's differs from a good one. */
  readonly vendor?: {
    readonly liveMode?: "enabled" | "disabled" | "paused";
    readonly permissions?: readonly string[];
  };
}

const LONG = "x".repeat(181);
const BIDI = "Checkout \u202Egnitset";

/** A good account with one ApiKey that has something wrong. */
function withKey(spec: Manifest): (n: string, url: string) => readonly Manifest[] {
  return (n, url) => [credentials(n, { token: tokenOf(n) }), account(n, url), apiKey(n, "bad", spec)];
}

function tokenOf(n: string): string {
  return `token-of-${n}`;
}

const CASES: readonly Case[] = [
  {
    name: "an unknown mode",
    objects: withKey({ mode: "staging" }),
    reason: "InvalidSpec",
    message: /spec\.mode/,
  },
  {
    name: "an empty description",
    objects: withKey({ description: "" }),
    reason: "InvalidSpec",
    message: /spec\.description/,
  },
  {
    name: "a description of 181 characters",
    objects: withKey({ description: LONG }),
    reason: "InvalidSpec",
    message: /spec\.description.*180/,
  },
  {
    name: "a description that starts a tag",
    objects: withKey({ description: "a [ak:b" }),
    reason: "InvalidSpec",
    message: /\[ak:/,
  },
  {
    name: "a description with bidirectional characters",
    objects: withKey({ description: BIDI }),
    reason: "InvalidSpec",
    message: /bidirectional/,
  },
  {
    name: "a period of rotation under an hour",
    objects: withKey({ rotation: { every: "59m" } }),
    reason: "InvalidSpec",
    message: /shorter than 1h/,
  },
  {
    name: "a hold for Pods that may not be seen",
    objects: withKey({ rotation: { holdWhileInUse: true } }),
    reason: "PodAccessMissing",
    message: /spec\.rotation\.holdWhileInUse/,
  },
  {
    name: "a reserved Secret type",
    objects: withKey({ secret: { type: "kubernetes.io/service-account-token" } }),
    reason: "SecretTypeNotAllowed",
    message: /service-account-token.*Opaque/,
  },
  {
    name: "a reserved label",
    objects: withKey({ secret: { labels: { "argocd.argoproj.io/secret-type": "cluster" } } }),
    reason: "SecretMetadataNotAllowed",
    message: /argocd\.argoproj\.io/,
  },
  {
    name: "a template entry that takes the value's place",
    objects: withKey({ secret: { template: [{ name: "SIGNATUREAPI_KEY", value: "x" }] } }),
    reason: "InvalidSpec",
    message: /taken already/,
  },
  {
    name: "a template entry with an unknown variable",
    objects: withKey({ secret: { template: [{ name: ".env", value: "{{token}}" }] } }),
    reason: "InvalidSpec",
    message: /\{\{token\}\}/,
  },
  {
    name: "a foreign Secret of the same name",
    objects: (n, url) => [
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "bad", namespace: n },
        stringData: { mine: "hands off" },
      },
      ...withKey({})(n, url),
    ],
    reason: "SecretConflict",
    message: /Secret bad exists.*not touched/,
  },
  {
    name: "a missing account",
    objects: (n) => [apiKey(n, "bad")],
    reason: "AccountNotFound",
    message: /Account .*default does not exist/,
  },
  {
    name: "a missing credentials Secret",
    objects: (n, url) => [account(n, url), apiKey(n, "bad")],
    reason: "CredentialsNotFound",
    message: /credentials.*does not exist/,
  },
  {
    name: "a credentials Secret without the entry",
    objects: (n, url) => [credentials(n, { entry: "tokn" }), account(n, url), apiKey(n, "bad")],
    reason: "CredentialsKeyMissing",
    message: /no entry "token"/,
  },
  {
    name: "a credentials Secret without the label",
    objects: (n, url) => [credentials(n, { labelled: false }), account(n, url), apiKey(n, "bad")],
    reason: "CredentialsNotLabelled",
    message: /signatureapi\.com\/credential/,
  },
  {
    name: "a wrong token",
    objects: (n, url) => [credentials(n, { token: "not-the-token" }), account(n, url), apiKey(n, "bad")],
    reason: "InvalidToken",
    message: /token/,
  },
  {
    name: "a token without the permission",
    objects: withKey({}),
    vendor: { permissions: [] },
    reason: "PermissionDenied",
    message: /Manage API keys/,
  },
  {
    name: "live mode disabled",
    objects: withKey({}),
    vendor: { liveMode: "disabled" },
    reason: "LiveModeDisabled",
    message: /payment method/,
  },
  {
    name: "live mode paused",
    objects: withKey({}),
    vendor: { liveMode: "paused" },
    reason: "LiveModePaused",
    message: /paused/,
  },
  {
    name: "a live key in a namespace that no line allows",
    objects: (n, url) => [
      credentials("signatureapi-system", { name: n, token: tokenOf(n) }),
      clusterAccount(n, url, {
        credentials: { name: n },
        allow: [{ modes: ["test"], namespaceSelector: {} }],
      }),
      apiKey(n, "bad", { accountRef: { kind: "ClusterAccount", name: n } }),
    ],
    reason: "NotAllowed",
    message: /mode live in namespace/,
  },
  {
    name: "a base URL that is no URL",
    objects: (n) => [credentials(n), account(n, "not a url"), apiKey(n, "bad")],
    reason: "InvalidBaseURL",
    message: /no http or https URL/,
  },
  {
    name: "a base URL that is not covered",
    objects: (n) => [credentials(n), account(n, "https://elsewhere.example/v1"), apiKey(n, "bad")],
    reason: "BaseURLNotAllowed",
    message: /elsewhere\.example.*--allowed-base-urls/,
  },
];

let world: World;
let odd: Server;
let oddUrl: string;

beforeAll(async () => {
  odd = createServer((request, response) => {
    if (request.url?.startsWith("/redirect") === true)
      response.writeHead(302, { location: "https://elsewhere.example/" }).end();
    else response.writeHead(200, { "content-type": "text/html" }).end("<html><body>It works!</body></html>");
  });
  oddUrl = await listening(odd);
  const accounts = CASES.map((item, index) => ({
    id: `acc_${index}`,
    token: tokenOf(`bad-${index}`),
    ...item.vendor,
  }));
  world = await World.start({
    validation: false,
    emulator: { accounts },
  });
  await world.apply(namespace("signatureapi-system"));
  await world.startController({
    timing: FAST_TIMING,
    flags: ["--allowed-base-urls", `${world.emulator.url},${oddUrl}`],
  });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  odd.closeAllConnections();
  odd.close();
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new TypeError("a server on a port has an address");
  return `http://127.0.0.1:${address.port}`;
}

/** Applies a bad ApiKey, and gives what its condition and its event say. */
async function told(
  n: string,
  objects: readonly Manifest[],
  reason: string,
): Promise<{ condition: string; event: string }> {
  await world.apply(namespace(n), ...objects);
  const condition = await world.watcher.until(API_KEYS, { namespace: n, name: "bad" }, refusedFor(reason));
  return { condition, event: await eventNote(world, n, "ApiKey", "bad", reason) };
}

describe("bad input is refused before anything is minted, in the condition and in an event", () => {
  test.concurrent.for(CASES.map((item, index) => ({ ...item, index })))("$name", async (item, context) => {
    const n = `bad-${item.index}`;
    const { condition, event } = await told(n, item.objects(n, world.emulator.url), item.reason);
    context.expect(condition).toMatch(item.message);
    context.expect(event).toMatch(item.message);
    context
      .expect(world.emulator.admin.requests({ operation: "createApiKey", account: `acc_${item.index}` }))
      .toEqual([]);
  });

  test.each(["redirect", "html"])("a base URL that answers with a %s", async (path) => {
    const n = `odd-${path}`;
    const { condition, event } = await told(
      n,
      [credentials(n), account(n, `${oddUrl}/${path}`), apiKey(n, "bad")],
      "UnexpectedAnswer",
    );
    expect(condition).toMatch(path === "redirect" ? /redirect/i : /answer/);
    expect(condition).not.toContain("It works!");
    expect(event).toBe(condition);
  });

  test("a second test key says how to share or adopt the first", async () => {
    const n = "second-test-key";
    world.emulator.admin.addAccount({ id: "acc_second-test-key", token: "token-of-second-test-key" });
    world.emulator.admin.createKey("acc_second-test-key", { mode: "test", description: "made by hand" });
    const objects = [
      credentials(n, { token: "token-of-second-test-key" }),
      account(n, world.emulator.url),
      apiKey(n, "bad", { mode: "test" }),
    ];
    const { condition } = await told(n, objects, "TestKeyExists");
    expect(condition).toMatch(/adopt.*share|share.*adopt/);
    const keys = world.emulator.admin.keys().filter((key) => key.account === "acc_second-test-key");
    expect(keys.map((key) => key.description)).toEqual(["made by hand"]);
  });

  test("the second of two ApiKeys on one Secret", async () => {
    const n = "two-on-one";
    world.emulator.admin.addAccount({ id: "acc_two-on-one", token: "token-of-two-on-one" });
    await world.apply(
      namespace(n),
      credentials(n, { token: "token-of-two-on-one" }),
      account(n, world.emulator.url),
      apiKey(n, "first", { secret: { name: "shared" } }),
    );
    await world.watcher.until(API_KEYS, { namespace: n, name: "first" }, isReady);
    const before = world.emulator.admin.requests({
      operation: "createApiKey",
      account: "acc_two-on-one",
    }).length;
    const { condition } = await told(n, [apiKey(n, "bad", { secret: { name: "shared" } })], "SecretConflict");
    expect(condition).toMatch(/first already writes Secret shared|Secret shared exists/);
    expect(
      world.emulator.admin.requests({ operation: "createApiKey", account: "acc_two-on-one" }),
    ).toHaveLength(before);
  });

  test("an immutable Secret, when a new value is due", async () => {
    const n = "immutable";
    world.emulator.admin.addAccount({ id: "acc_immutable", token: "token-of-immutable" });
    await world.apply(
      namespace(n),
      credentials(n, { token: "token-of-immutable" }),
      account(n, world.emulator.url),
      apiKey(n, "bad", { rotation: { trigger: "one" } }),
    );
    await world.watcher.until(API_KEYS, { namespace: n, name: "bad" }, isReady);
    await world.kube.patch(SECRETS, { namespace: n, name: "bad" }, { immutable: true }, { type: "merge" });
    const before = world.emulator.admin.requests({
      operation: "createApiKey",
      account: "acc_immutable",
    }).length;
    await world.apply(apiKey(n, "bad", { rotation: { trigger: "two" } }));
    // The key that is there still works, so the ApiKey stays Ready, and says in Stalled what keeps it.
    const message = await eventNote(world, n, "ApiKey", "bad", "SecretImmutable");
    expect(message).toMatch(/immutable/);
    expect(
      world.emulator.admin.requests({ operation: "createApiKey", account: "acc_immutable" }),
    ).toHaveLength(before);
  });

  test("a token that suddenly names another account changes nothing in either", async () => {
    const n = "changed";
    world.emulator.admin.addAccount({ id: "acc_before", token: "token-before" });
    world.emulator.admin.addAccount({ id: "acc_after", token: "token-after" });
    await world.apply(
      namespace(n),
      credentials(n, { token: "token-before" }),
      account(n, world.emulator.url),
      apiKey(n, "good"),
    );
    await world.watcher.until(API_KEYS, { namespace: n, name: "good" }, isReady);
    await world.apply(credentials(n, { token: "token-after" }));
    const message = await world.watcher.until(
      ACCOUNTS,
      { namespace: n, name: "default" },
      refusedFor("AccountChanged"),
    );
    expect(message).toMatch(/acc_after.*acc_before/);
    await world.apply(apiKey(n, "bad"));
    await world.watcher.until(API_KEYS, { namespace: n, name: "bad" }, refusedFor("AccountChanged"));
    expect(world.emulator.admin.requests({ operation: "createApiKey", account: "acc_after" })).toEqual([]);
    expect(
      world.emulator.admin.keys().filter((key) => key.account === "acc_before" && key.status === "active"),
    ).toHaveLength(1);
  });
});
