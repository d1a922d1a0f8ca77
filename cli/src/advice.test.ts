import { expect, test } from "vitest";
import { REASONS } from "@signatureapi-keys/lifecycle";
import { COMMANDS } from "./commands.ts";
import { adviceFor, commandFor } from "./advice.ts";

const subject = {
  kind: "ApiKey",
  namespace: "shop",
  name: "checkout",
  secretName: "checkout-key",
  account: { kind: "ClusterAccount", name: "acme" },
} as const;

test("every reason that asks for something has an advice, and an unknown reason has none", () => {
  for (const [reason, { advice }] of Object.entries(REASONS))
    expect(adviceFor(reason)).toBe(advice === "Nothing to do." ? undefined : advice);
  expect([adviceFor("Nonsense"), adviceFor("toString"), commandFor("toString", subject)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("commands name the object, and those of the plugin exist", () => {
  const commands = Object.keys(REASONS).flatMap((reason) => commandFor(reason, subject) ?? []);
  expect(commands.length).toBeGreaterThan(15);
  const names = COMMANDS.map(({ name }) => name);
  for (const command of commands) {
    expect(command).not.toMatch(/undefined|NAME/);
    const [, plugin] = /^kubectl signatureapi (\S+)/.exec(command) ?? [];
    if (plugin !== undefined) expect(names).toContain(plugin);
  }
});

test.each([
  ["Suspended", "kubectl signatureapi resume checkout -n shop"],
  ["AccountSuspended", "kubectl signatureapi resume clusteraccount/acme"],
  ["AccountNotReady", "kubectl describe clusteraccount acme"],
  ["SecretImmutable", "kubectl delete secret checkout-key -n shop"],
])("%s is helped by %s", (reason, command) => {
  expect(commandFor(reason, subject)).toBe(command);
});

test("an Account is named with its namespace", () => {
  const own = { kind: "Account", namespace: "shop", name: "default" } as const;
  expect(commandFor("AccountChanged", own)).toBe("kubectl describe account default -n shop");
});
