import { randomBytes } from "node:crypto";
import { DEFAULT_TIMING } from "@signatureapi-keys/lifecycle";
import type { Emulator } from "@signatureapi-keys/management-api/emulator";
import { pino } from "pino";
import { Registry } from "@prometheus-io/client";
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import type { AccountDocument } from "./account/document.ts";
import { AccountReconciler } from "./account/reconcile.ts";
import { AccountRegistry } from "./account/registry.ts";
import { LeftKeys } from "./allowance/left-keys.ts";
import { MintLedger } from "./allowance/ledger.ts";
import { apiKeyDocuments, type ApiKeyDocument } from "./apikey/document.ts";
import type { ApiKeyEnvironment } from "./apikey/environment.ts";
import { ApiKeyJournal } from "./apikey/journal.ts";
import { ChangedEmergencies } from "./apikey/emergencies.ts";
import { AlteredMemory } from "./apikey/altered.ts";
import { FightMemory } from "./apikey/fights.ts";
import { LatestSeen } from "./apikey/latest.ts";
import { LiveClaims } from "./apikey/live-claims.ts";
import { LostEntries } from "./apikey/lost-entries.ts";
import { reconcileApiKey } from "./apikey/reconcile.ts";
import { SECRET_FACTS, type CachedSecret } from "./apikey/cached-secrets.ts";
import { API_KEY_INDEXES } from "./caches.ts";
import { FindingsMemory } from "./inventory/findings.ts";
import { Fence, Store } from "./kube/index.ts";
import { controllerMetrics } from "./metrics.ts";
import { MemoryApiServer } from "./testing/memory-api-server.ts";
import {
  accountEnvironment,
  declareTestAccount,
  startAccountEmulator,
  TEST_ACCOUNT,
} from "./testing/test-account.ts";

const API_KEY = { namespace: "shop", name: "app" } as const;
const TYPE = apiKeyDocuments({
  allowedTypes: [],
  allowedMetadata: [],
  reservedNamespaces: [],
  seesPods: false,
});

const LOG = pino({ level: "silent" });
const LEFT_KEYS = new LeftKeys({
  installation: "0123456789",
  previousInstallations: [],
  timing: DEFAULT_TIMING,
});
const EVENTS = { record: (): void => undefined };
const notNeeded = async (): Promise<never> => {
  throw new TypeError("not needed here");
};

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startAccountEmulator();
});
afterAll(async () => emulator.close());

/** One ApiKey and its account, with the caches that a controller has of them. */
class Pass {
  readonly server = new MemoryApiServer();
  readonly apiKeys = new Store<ApiKeyDocument>(API_KEY_INDEXES);
  readonly secrets = new Store<CachedSecret>();
  readonly #metrics = controllerMetrics(new Registry());
  readonly #registry = new AccountRegistry({ now: Date.now, onDoubt: () => undefined });
  #account: AccountDocument | undefined;

  declareAccount(): void {
    this.#account = declareTestAccount(this.server, emulator.url);
  }

  /** @param description tells this spec from those of other tests: one that was parsed before is not parsed again. */
  declareApiKey(description: string): ApiKeyDocument {
    return this.server.put(TYPE, {
      metadata: { ...API_KEY, uid: "uid-k", resourceVersion: "", generation: 1 },
      spec: { mode: "live", description },
      status: { observedGeneration: -1 },
    });
  }

  async reconcileAccount(): Promise<void> {
    const reconciler = new AccountReconciler({
      ...accountEnvironment(emulator.url, this.#metrics),
      kube: this.server,
      findAccount: () => this.#account,
      registry: this.#registry,
      onChange: () => undefined,
    });
    await reconciler.reconcile(TEST_ACCOUNT, async (wait) => wait());
  }

  async reconcileApiKey(): Promise<void> {
    const unused = { listAll: notNeeded, update: notNeeded, apply: notNeeded, delete: notNeeded };
    const { server } = this;
    const env: ApiKeyEnvironment = {
      kube: {
        ...unused,
        find: async (type, ref) => server.find(type, ref),
        create: async (type, manifest, options) => server.create(type, manifest, options),
        patch: async (type, ref, body) => server.patch(type, ref, body),
        updateStatus: async (type, object) => server.updateStatus(type, object),
      },
      apiKeyType: TYPE,
      apiKeys: this.apiKeys,
      secrets: this.secrets,
      namespaces: undefined,
      scope: undefined,
      accounts: this.#registry,
      installation: "0123456789",
      previousInstallations: [],
      readOnly: false,
      fence: new Fence(),
      timing: DEFAULT_TIMING,
      restartsWorkloads: false,
      seesPods: false,
      claims: new LiveClaims({ listAll: notNeeded }, TYPE, undefined),
      leftKeys: LEFT_KEYS,
      ledger: new MintLedger({ namespace: 10, account: 10 }, DEFAULT_TIMING),
      latest: new LatestSeen(),
      emergencies: new ChangedEmergencies(),
      lostEntries: new LostEntries(),
      fights: new FightMemory(),
      altered: new AlteredMemory(),
      findings: new FindingsMemory(),
      journal: new ApiKeyJournal(LOG, EVENTS, this.#metrics),
      now: Date.now,
      randomBytes,
      sleep: async () => undefined,
    };
    await reconcileApiKey(env, API_KEY, new AbortController().signal, async (wait) => wait());
  }
}

describe("spec and status are parsed once", () => {
  let pass: Pass;
  beforeEach(() => {
    pass = new Pass();
  });

  test("when an ApiKey enters the cache and its indexes, and never again there", () => {
    const first = pass.declareApiKey("enters the cache");
    pass.apiKeys.set(first);
    expect(pass.server.take()).toEqual({ answers: 1, parses: { spec: 1, status: 1 } });
    pass.apiKeys.delete("shop/app");
    pass.apiKeys.set(first);
    expect(pass.apiKeys.byIndex("bySecret", "shop/app")).toEqual([first]);
    expect(pass.server.take()).toEqual({ answers: 0, parses: { spec: 0, status: 0 } });
  });

  test("for each answer that a minting pass gets, and by nothing else in it", async () => {
    pass.declareAccount();
    await pass.reconcileAccount();
    pass.server.take();
    pass.apiKeys.set(pass.declareApiKey("is minted"));
    expect(pass.server.take()).toMatchObject({ parses: { spec: 1 } });
    await pass.reconcileApiKey();
    // Reads: at the start, before the commit. Writes: finalizer, write-ahead, status.
    expect(pass.server.take()).toEqual({ answers: 5, parses: { spec: 0, status: 5 } });
    const live = await pass.server.find(TYPE, API_KEY);
    expect(live?.verdict).toMatchObject({ ready: true, reason: "KeyDelivered" });
  });

  test("and not at all in a pass that finds everything as declared", async () => {
    pass.declareAccount();
    await pass.reconcileAccount();
    pass.apiKeys.set(pass.declareApiKey("is as declared"));
    await pass.reconcileApiKey();
    const [live, secret] = await Promise.all([
      pass.server.find(TYPE, API_KEY),
      pass.server.find(SECRET_FACTS, API_KEY),
    ]);
    if (live !== undefined) pass.apiKeys.set(live);
    if (secret !== undefined) pass.secrets.set(secret);
    pass.server.take();
    await pass.reconcileApiKey();
    expect(pass.server.take()).toEqual({ answers: 0, parses: { spec: 0, status: 0 } });
  });

  test("and a spec that another ApiKey has too is not parsed for this one", () => {
    const first = pass.declareApiKey("is declared twice");
    const second = pass.declareApiKey("is declared twice");
    expect(pass.server.take()).toEqual({ answers: 2, parses: { spec: 1, status: 2 } });
    expect(second.declaration).toEqual(first.declaration);
  });

  test("for each answer that the reconcile of an account gets, and by nothing else in it", async () => {
    pass.declareAccount();
    expect(pass.server.take()).toEqual({ answers: 1, parses: { spec: 1, status: 1 } });
    await pass.reconcileAccount();
    // The finalizer and the status.
    expect(pass.server.take()).toEqual({ answers: 2, parses: { spec: 2, status: 2 } });
  });
});

test("documents have no spec and no status that could be parsed again", () => {
  expectTypeOf<ApiKeyDocument>().not.toHaveProperty("spec");
  expectTypeOf<ApiKeyDocument>().not.toHaveProperty("status");
  expectTypeOf<AccountDocument>().not.toHaveProperty("spec");
  expectTypeOf<AccountDocument>().not.toHaveProperty("status");
  expect(Object.keys(new Pass().declareApiKey("has no spec"))).not.toEqual(
    expect.arrayContaining(["spec", "status", "managedFields"]),
  );
});
