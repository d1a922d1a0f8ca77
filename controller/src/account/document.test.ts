import { isProblem } from "@signatureapi-keys/lifecycle";
import { describe, expect, test } from "vitest";
import type { AccountRef } from "./account-ref.ts";
import { ACCOUNT_DOCUMENTS, type AccountDocument } from "./document.ts";

function read(kind: AccountRef["kind"], spec: unknown, status?: unknown): AccountDocument {
  const namespace = kind === "Account" ? { namespace: "shop" } : {};
  return ACCOUNT_DOCUMENTS[kind].schema.parse({
    apiVersion: "signatureapi.com/v1",
    kind,
    metadata: { name: "acme", ...namespace, uid: "uid-a", resourceVersion: "7" },
    spec,
    status,
  });
}

const CREDENTIALS = { credentials: { name: "token-secret" } };
const ALLOW = [{ modes: ["test"], namespaceSelector: {} }];

describe("an account is read", () => {
  test("with what an Account declares: it allows its whole namespace, and has no say about orphans", () => {
    expect(read("Account", { ...CREDENTIALS, adoptKeyIds: ["ak_1"], suspend: true })).toMatchObject({
      ref: { kind: "Account", namespace: "shop", name: "acme" },
      declaration: { credentials: { name: "token-secret", key: "token" } },
      policy: { allow: undefined, adoptKeyIds: ["ak_1"], suspend: true, orphans: undefined },
      credentialsName: "token-secret",
      record: {},
    });
  });

  test("with what a ClusterAccount declares", () => {
    const status = { accountId: "acc_1", observedGeneration: 2 };
    expect(read("ClusterAccount", { ...CREDENTIALS, allow: ALLOW, orphans: "Revoke" }, status)).toMatchObject(
      {
        ref: { kind: "ClusterAccount", name: "acme" },
        policy: { allow: ALLOW, suspend: false, orphans: "Revoke" },
        record: status,
      },
    );
    expect(read("ClusterAccount", CREDENTIALS).policy).toEqual({
      allow: [],
      suspend: false,
      orphans: "Report",
    });
  });

  test("and what an Account cannot declare is not believed", () => {
    const { policy } = read("Account", { ...CREDENTIALS, allow: ALLOW, orphans: "Revoke" });
    expect(policy).toMatchObject({ allow: undefined, orphans: undefined });
  });

  test.each([
    ["Account", undefined],
    ["ClusterAccount", []],
  ] as const)("of kind %s with an invalid spec, and says why", (kind, allow) => {
    const { declaration, policy, credentialsName } = read(kind, {
      ...CREDENTIALS,
      suspend: "no",
      allow: ALLOW,
    });
    expect(isProblem(declaration) && declaration.message).toMatch(/^spec\.suspend: /);
    expect(policy).toMatchObject({ allow, suspend: false, orphans: undefined });
    // Its Secret still wakes it.
    expect(credentialsName).toBe("token-secret");
  });

  test("and a status that cannot be read counts as lost", () => {
    expect(read("Account", CREDENTIALS, { accountId: 7 }).record).toEqual({});
  });
});

test("CAs are declared once: as a text or by the name of a ConfigMap", () => {
  const named = { ...CREDENTIALS, caBundleConfigMapRef: { name: "company-ca" } };
  expect(read("Account", named).declaration).toMatchObject({
    caBundleConfigMapRef: { name: "company-ca", key: "ca.crt" },
  });
  const { declaration } = read("ClusterAccount", { ...named, caBundle: "text" });
  expect(isProblem(declaration) && [declaration.reason, declaration.message]).toEqual([
    "InvalidSpec",
    "spec.caBundle and spec.caBundleConfigMapRef exclude each other: keep one of them",
  ]);
});
