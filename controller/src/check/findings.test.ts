import { describe, expect, test } from "vitest";
import { ACCOUNT_DOCUMENTS, type AccountDocument } from "../account/document.ts";
import { accountFindings, controllerFinding } from "./findings.ts";

/** An Account of generation 2 as the API server has it, parsed. */
function account(ready: Readonly<Record<string, unknown>> | undefined, spec: object = {}): AccountDocument {
  const lastTransitionTime = "2026-11-02T10:00:00Z";
  const condition = { type: "Ready", observedGeneration: 2, lastTransitionTime, message: "", ...ready };
  return ACCOUNT_DOCUMENTS.Account.schema.parse({
    apiVersion: "signatureapi.com/v1",
    kind: "Account",
    metadata: { name: "default", namespace: "shop", uid: "u", resourceVersion: "1", generation: 2 },
    spec: { credentials: { name: "credentials" }, ...spec },
    status: ready === undefined ? {} : { conditions: [condition] },
  });
}

describe("an account", () => {
  test.each<[string, AccountDocument, boolean, RegExp]>([
    ["ready", account({ status: "True", reason: "AccountReady" }), true, /^Account shop\/default is ready$/],
    [
      "refused",
      account({ status: "False", reason: "CredentialsRefused", message: "the token was refused" }),
      false,
      /is not ready: CredentialsRefused: the token was refused \(docs\/reasons\.md#credentialsrefused\)$/,
    ],
    [
      "unknown",
      account({ status: "Unknown", reason: "Pending", message: "soon" }),
      false,
      /is not ready: Pending/,
    ],
    ["not seen yet", account(undefined), false, /has not looked at its spec yet/],
    [
      "edited since",
      account({ status: "True", reason: "AccountReady", observedGeneration: 1 }),
      false,
      /has not looked at its spec yet/,
    ],
    [
      "suspended on purpose",
      account({ status: "False", reason: "AccountSuspended" }, { suspend: true }),
      true,
      /is suspended/,
    ],
  ])("that is %s", (_name, document, ok, text) => {
    const [finding, ...others] = accountFindings([document]);
    expect([finding?.ok, others]).toEqual([ok, []]);
    expect(finding?.text).toMatch(text);
  });

  test("that is not there yet is no failure, and the check says what to do", () => {
    const [finding] = accountFindings([]);
    expect(finding?.ok).toBe(true);
    expect(finding?.text).toMatch(/no Account.*declare one/);
  });
});

describe("the controller", () => {
  test.each([
    [{ status: 200, body: "ok\n" }, true, /is ready$/],
    [
      { status: 503, body: "caches are not filled yet\n" },
      false,
      /not ready: caches are not filled yet \(HTTP 503\)/,
    ],
    [
      { problem: "connect ECONNREFUSED" },
      false,
      /no controller answers at http:\/\/a:1 \(connect ECONNREFUSED\)/,
    ],
  ])("answering %j", (answer, ok, text) => {
    const finding = controllerFinding("http://a:1", answer);
    expect(finding.ok).toBe(ok);
    expect(finding.text).toMatch(text);
  });
});
