import { expect, test } from "vitest";
import type { History } from "../history.ts";
import { judge } from "./check.ts";
import { rightHistory } from "./right-history.ts";

const NAME = { namespace: "chaos-1", name: "app" };

/** A history with a workload that was made at a time, and restarted for a value. */
function withWorkload(deployedAt: number, restartedFor: string | undefined): History {
  const right = rightHistory();
  const times = { at: deployedAt, doneAt: deployedAt };
  return {
    ...right,
    acts: [{ ...NAME, ...times, kind: "deploy", outcome: "done", keyId: undefined, uid: undefined }],
    final: { ...right.final, workloads: [{ ...NAME, restartedFor }] },
  };
}

function wrongWith(history: History): readonly string[] {
  return judge(history).violations.map(({ text }) => text);
}

test("a workload that was there when its value was replaced must have been restarted for the new one", () => {
  expect(wrongWith(withWorkload(2_000, "print of ak_second"))).toEqual([]);
  expect(wrongWith(withWorkload(2_000, undefined)).join()).toContain("restarted for no value");
  expect(wrongWith(withWorkload(2_000, "print of ak_first")).join()).toContain("not for print of ak_second");
});

test("one that was made after the last value was committed need not be restarted", () => {
  expect(wrongWith(withWorkload(5_500, undefined))).toEqual([]);
});

test("a Secret that keeps a previous value when no key retires is wrong", () => {
  const right = rightHistory();
  const secrets = right.final.secrets.map((secret) => ({ ...secret, keepsPrevious: true }));
  const history = { ...right, final: { ...right.final, secrets } };
  expect(wrongWith(history).join()).toContain("keeps a previous value");
});
