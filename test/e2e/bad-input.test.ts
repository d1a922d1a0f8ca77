import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { refusedFor } from "./conditions.ts";
import {
  account,
  accountIdOf,
  apiKey,
  clusterAccount,
  credentials,
  namespace,
  tokenOf,
  type Manifest,
} from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { listening } from "./listening.ts";
import { FAST_TIMING, World } from "./world.ts";

/** What is wrong, and how it is reported. */
interface Case {
  readonly name: string;
  /** Everything besides the namespace; `n` is its name, `url` the emulator's. */
  readonly objects: (n: string, url: string) => readonly Manifest[];
  readonly reason: string;
  readonly message: RegExp;
  /** How the vendor account differs from a good one. */
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
    message: /too short; at least 1h/,
  },
  {
    name: "a window of a second",
    objects: withKey({ rotation: { window: { schedule: "0 3 * * *", duration: "1s" } } }),
    reason: "InvalidSpec",
    message: /spec\.rotation\.window\.duration: 1s is shorter than 1m/,
  },
  {
    name: "a period of 10,000 years",
    objects: withKey({ rotation: { every: "87600000h" } }),
    reason: "InvalidSpec",
    message: /spec\.rotation\.every: 87600000h is too long; at most ten years/,
  },
  {
    name: "an overlap that outlasts its period",
    objects: withKey({ rotation: { every: "1h", overlap: "90d" } }),
    reason: "InvalidSpec",
    message: /overlap: 90d must be shorter than spec\.rotation\.every \(1h\)/,
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
    name: "a template entry with the name of the value's entry",
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
    id: accountIdOf(`bad-${index}`),
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

/** Applies a bad ApiKey, and gives what its condition and its event say. */
async function reported(
  n: string,
  objects: readonly Manifest[],
  reason: string,
): Promise<{ condition: string; event: string }> {
  await world.apply(namespace(n), ...objects);
  const key = new OneKey(world, n, { name: "bad" });
  return { condition: await key.refused(reason), event: await key.event(reason) };
}

/** How many keys an account was asked for. */
function creates(accountId: string): number {
  return world.emulator.admin.requests({ operation: "createApiKey", account: accountId }).length;
}

describe("bad input is refused before anything is minted, in the condition and in an event", () => {
  test.concurrent.for(CASES.map((item, index) => ({ ...item, index })))("$name", async (item, context) => {
    const n = `bad-${item.index}`;
    const { condition, event } = await reported(n, item.objects(n, world.emulator.url), item.reason);
    context.expect(condition).toMatch(item.message);
    context.expect(event).toMatch(item.message);
    context.expect(creates(accountIdOf(n))).toBe(0);
  });

  test.each(["redirect", "html"])("a base URL that answers with a %s", async (path) => {
    const n = `odd-${path}`;
    const { condition, event } = await reported(
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
    const accountId = await world.addAccount(n);
    world.emulator.admin.createKey(accountId, { mode: "test", description: "made by hand" });
    const { condition } = await reported(n, [apiKey(n, "bad", { mode: "test" })], "TestKeyExists");
    expect(condition).toMatch(/adopt.*share|share.*adopt/);
    expect(world.keysIn(accountId).map(({ description }) => description)).toEqual(["made by hand"]);
  });

  test("the second of two ApiKeys on one Secret", async () => {
    const n = "two-on-one";
    const accountId = await world.addAccount(n);
    const first = new OneKey(world, n, { name: "first" });
    await first.declare({ secret: { name: "shared" } });
    await first.untilReady();
    const before = creates(accountId);
    const { condition } = await reported(
      n,
      [apiKey(n, "bad", { secret: { name: "shared" } })],
      "SecretConflict",
    );
    expect(condition).toMatch(/first already writes Secret shared|Secret shared exists/);
    expect(creates(accountId)).toBe(before);
  });

  test("an immutable Secret, when a new value is due", async () => {
    const n = "immutable";
    const accountId = await world.addAccount(n);
    const key = new OneKey(world, n, { name: "bad" });
    await key.declare({ rotation: { trigger: "one" } });
    await key.untilReady();
    await key.patchSecret({ immutable: true });
    const before = creates(accountId);
    await key.declare({ rotation: { trigger: "two" } });
    // The key that is there still works, so the ApiKey stays Ready, and says in Degraded what keeps it.
    expect(await key.event("SecretImmutable")).toMatch(/immutable/);
    expect(creates(accountId)).toBe(before);
  });

  test("a token that suddenly names another account changes nothing in either", async () => {
    const n = "changed";
    const [before, after] = [await world.addAccount(n), world.addVendorAccount("after")];
    const good = new OneKey(world, n, { name: "good" });
    const bad = new OneKey(world, n, { name: "bad" });
    await good.declare({});
    await good.untilReady();
    await world.apply(credentials(n, { token: tokenOf("after") }));
    const message = await world.watcher.until(
      ACCOUNTS,
      { namespace: n, name: "default" },
      refusedFor("AccountChanged"),
    );
    expect(message).toMatch(new RegExp(`${after}.*${before}`));
    await bad.declare({});
    await bad.refused("AccountChanged");
    expect(creates(after)).toBe(0);
    expect(world.activeKeysIn(before)).toHaveLength(1);
  });
});
