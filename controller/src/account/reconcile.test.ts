import { isProblem } from "@signatureapi-keys/lifecycle";
import { ManagementClient } from "@signatureapi-keys/management-api";
import { startEmulator, type Emulator } from "@signatureapi-keys/management-api/emulator";
import { DEFAULT_TIMING } from "@signatureapi-keys/lifecycle";
import { Registry } from "@prometheus-io/client";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { LeftKeys } from "../allowance/left-keys.ts";
import { KubeError } from "../kube/index.ts";
import { controllerMetrics } from "../metrics.ts";
import { CREDENTIAL_LABEL } from "../resources/names.ts";
import { SECRETS } from "../resources/types.ts";
import { MemoryApiServer } from "../testing/memory-api-server.ts";
import { BaseUrlPolicy } from "../validation/base-url.ts";
import { accountKey, type AccountRef } from "./account-ref.ts";
import { ACCOUNT_DOCUMENTS, type AccountDocument } from "./document.ts";
import type { AccountEnvironment } from "./environment.ts";
import { AccountJournal } from "./journal.ts";
import { AccountLimiters } from "./limiters.ts";
import { AccountReconciler } from "./reconcile.ts";
import { AccountRegistry } from "./registry.ts";

const TOKEN = "token-of-the-test-account";
const REF = { kind: "Account", namespace: "shop", name: "default" } as const;
const NO_ANSWER = new KubeError({
  kind: "connection",
  effect: "none",
  message: "no answer",
  verb: "update",
  resource: "accounts/status",
});

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({
    accounts: [{ id: "acc_test", token: TOKEN, name: "Test", liveMode: "enabled" }],
  });
});
afterAll(async () => emulator.close());

/** One account, and an API server whose next writes may fail. */
class Bench {
  readonly server = new MemoryApiServer();
  readonly registry = new AccountRegistry({ now: Date.now, onDoubt: () => undefined });
  /** Of whom others were told that it has changed. */
  readonly told: string[] = [];
  /** The writes that fail next. */
  failing: "patch" | "updateStatus" | undefined;
  account: AccountDocument | undefined;
  readonly #reconciler: AccountReconciler;

  constructor() {
    const metrics = controllerMetrics(new Registry());
    const failing = (write: "patch" | "updateStatus"): void => {
      if (this.failing === write) throw NO_ANSWER;
    };
    const kube: AccountEnvironment["kube"] = {
      find: async (type, ref) => this.server.find(type, ref),
      patch: async (type, ref, body) => {
        failing("patch");
        return this.server.patch(type, ref, body);
      },
      updateStatus: async (type, object) => {
        failing("updateStatus");
        return this.server.updateStatus(type, object);
      },
    };
    this.#reconciler = new AccountReconciler({
      kube,
      findAccount: () => this.account,
      countUsers: () => 0,
      registry: this.registry,
      limiters: new AccountLimiters(metrics),
      baseUrls: new BaseUrlPolicy([emulator.url]),
      clusterResourceNamespace: "system",
      readOnly: false,
      makeClient: (options) => new ManagementClient(options),
      leftKeys: new LeftKeys({
        installation: "0123456789",
        previousInstallations: [],
        timing: DEFAULT_TIMING,
      }),
      journal: new AccountJournal(pino({ enabled: false }), { record: () => undefined }, metrics),
      onChange: (ref: AccountRef) => this.told.push(accountKey(ref)),
      now: Date.now,
      stopping: new AbortController().signal,
      resyncMs: 1_000,
      inventoryMs: 1_000,
      retryMs: { failure: 1_000, refusal: 1_000 },
    });
    this.server.put(SECRETS, {
      metadata: {
        namespace: "shop",
        name: "token",
        uid: "s",
        resourceVersion: "",
        labels: { [CREDENTIAL_LABEL]: "true" },
      },
      data: { token: Buffer.from(TOKEN).toString("base64") },
    });
    this.declare(1);
  }

  /** @param status what the object says of an earlier look. */
  declare(generation: number, status: object = {}): void {
    const { namespace, name } = REF;
    this.account = this.server.put(ACCOUNT_DOCUMENTS.Account, {
      kind: REF.kind,
      metadata: { namespace, name, uid: "uid-a", resourceVersion: "", generation },
      spec: { baseUrl: emulator.url, credentials: { name: "token" } },
      status,
    });
  }

  async reconcile(): Promise<void> {
    await this.#reconciler.reconcile(REF, async (wait) => wait());
  }

  isUsable(): boolean {
    const state = this.registry.find(REF)?.usable();
    return state !== undefined && !isProblem(state);
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

test("who waits for an account is told once that it can be used", async () => {
  await bench.reconcile();
  expect([bench.isUsable(), bench.told]).toEqual([true, ["Account shop/default"]]);
  bench.account = await bench.server.find(ACCOUNT_DOCUMENTS.Account, REF);
  await bench.reconcile();
  expect(bench.told).toHaveLength(1);
});

test("and is told also where its status cannot be written: no later look would find that it has changed", async () => {
  bench.failing = "updateStatus";
  await expect(bench.reconcile()).rejects.toThrow("no answer");
  expect([bench.isUsable(), bench.told]).toEqual([true, ["Account shop/default"]]);
});

test("an edited spec lets the account mint again, also where its finalizer cannot be written", async () => {
  await bench.reconcile();
  bench.told.length = 0;
  const problem = { reason: "KeysVanished", message: "many are gone", transient: false } as const;
  bench.registry.find(REF)?.stopMinting(problem);
  bench.declare(2, { observedGeneration: 1 });
  bench.failing = "patch";
  await expect(bench.reconcile()).rejects.toThrow("no answer");
  expect(bench.registry.find(REF)?.trust.distrust).toBeUndefined();
  expect(bench.told).toEqual(["Account shop/default"]);
});
