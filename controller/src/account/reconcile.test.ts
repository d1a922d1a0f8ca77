import { isProblem } from "@signatureapi-keys/lifecycle";
import type { Emulator } from "@signatureapi-keys/management-api/emulator";
import { Registry } from "@prometheus-io/client";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { KubeError } from "../kube/index.ts";
import { controllerMetrics } from "../metrics.ts";
import { MemoryApiServer } from "../testing/memory-api-server.ts";
import {
  accountEnvironment,
  declareTestAccount,
  startAccountEmulator,
  TEST_ACCOUNT,
} from "../testing/test-account.ts";
import { accountKey, type AccountRef } from "./account-ref.ts";
import { ACCOUNT_DOCUMENTS, type AccountDocument } from "./document.ts";
import type { AccountEnvironment } from "./environment.ts";
import { AccountReconciler } from "./reconcile.ts";
import { AccountRegistry } from "./registry.ts";

const NO_ANSWER = new KubeError({
  kind: "connection",
  effect: "none",
  message: "no answer",
  verb: "update",
  resource: "accounts/status",
});

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startAccountEmulator();
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
      ...accountEnvironment(emulator.url, controllerMetrics(new Registry())),
      kube,
      findAccount: () => this.account,
      registry: this.registry,
      onChange: (ref: AccountRef) => this.told.push(accountKey(ref)),
    });
    this.account = declareTestAccount(this.server, emulator.url);
  }

  async reconcile(): Promise<void> {
    await this.#reconciler.reconcile(TEST_ACCOUNT, async (wait) => wait());
  }

  isUsable(): boolean {
    const state = this.registry.find(TEST_ACCOUNT)?.usable();
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
  bench.account = await bench.server.find(ACCOUNT_DOCUMENTS.Account, TEST_ACCOUNT);
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
  bench.registry.find(TEST_ACCOUNT)?.stopMinting(problem);
  bench.account = declareTestAccount(bench.server, emulator.url, {
    generation: 2,
    status: { observedGeneration: 1 },
  });
  bench.failing = "patch";
  await expect(bench.reconcile()).rejects.toThrow("no answer");
  expect(bench.registry.find(TEST_ACCOUNT)?.trust.distrust).toBeUndefined();
  expect(bench.told).toEqual(["Account shop/default"]);
});
