import type { Step } from "@signatureapi-keys/lifecycle";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tokenOf } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";

/** When a user asks again: the controller, with the new key in its hands, is about to take this step. */
const MOMENTS: Readonly<Record<string, (step: Step) => boolean>> = {
  commit: ({ kind }) => kind === "commit-secret",
  record: (step) => step.kind === "write-status" && step.why === "Committed",
};

let world: World;
let meanwhile: { readonly at: (step: Step) => boolean; readonly act: () => Promise<void> } | undefined;

async function actMeanwhile(step: Step): Promise<void> {
  if (meanwhile?.at(step) !== true) return;
  const { act } = meanwhile;
  meanwhile = undefined;
  await act();
}

beforeAll(async () => {
  world = await World.start();
  await world.startController({ timing: FAST_TIMING, hooks: { before: actMeanwhile } });
});

afterAll(async () => world[Symbol.asyncDispose]());

describe.each(Object.keys(MOMENTS))("what is asked for again before the %s of a key", (moment) => {
  const ask = {
    "request to rotate": async (key: OneKey, text: string) =>
      key.annotate({ "signatureapi.com/rotate": text }),
    emergency: async (key: OneKey, text: string) =>
      key.annotate({ "signatureapi.com/emergency-rotate": text }),
    trigger: async (key: OneKey, text: string) => key.change({ rotation: { trigger: text, overlap: "0s" } }),
  };

  test.each(["emergency", "request to rotate", "trigger"] as const)(
    "as %s gets a key of its own",
    async (what) => {
      const n = `${moment}-${what.replaceAll(" ", "-")}`;
      await world.addAccount(n);
      const key = new OneKey(world, n, { token: tokenOf(n) });
      await key.declare({ rotation: { trigger: "zero", overlap: "0s" } });
      await key.untilReady();
      const { revision = 0 } = await key.status();
      const at = MOMENTS[moment] ?? (() => false);
      meanwhile = { at, act: async () => ask[what](key, "two") };
      await ask[what](key, "one");
      const settled = await key.untilStatus(
        ({ revision: now = 0, previous = [], attempt }) =>
          now >= revision + 2 && previous.length === 0 && attempt === undefined,
      );
      expect(settled.revision).toBe(revision + 2);
      expect(key.active()).toBe(1);
    },
  );
});
