import { isProblem } from "@signatureapi-keys/lifecycle";
import { expect, test } from "vitest";
import { CREDENTIAL_LABEL } from "../resources/names.ts";
import type { Secret } from "../resources/types.ts";
import { readToken } from "./credentials.ts";

const REF = { namespace: "shop", name: "token", key: "token" };

function secret(data: Record<string, string> | undefined, label: string | undefined = "true"): Secret {
  const labels = { [CREDENTIAL_LABEL]: label };
  const metadata = { name: "token", namespace: "shop", uid: "u", resourceVersion: "1", labels };
  return { apiVersion: "v1", kind: "Secret", metadata, data };
}

const TOKEN = Buffer.from("a-management-token").toString("base64");

test("a token is taken from a Secret that is labelled for it", () => {
  expect(isProblem(readToken(secret({ token: TOKEN }), REF))).toBe(false);
});

test.each([
  ["no Secret", undefined, "CredentialsNotFound"],
  ["a Secret whose label says otherwise", secret({ token: TOKEN }, "false"), "CredentialsNotLabelled"],
  ["a Secret without data", secret(undefined), "CredentialsKeyMissing"],
  ["a Secret without the entry", secret({ tokn: TOKEN }), "CredentialsKeyMissing"],
  ["an empty entry", secret({ token: "" }), "CredentialsKeyMissing"],
])("%s is said, and no token is read", (_name, found, reason) => {
  const token = readToken(found, REF);
  expect(isProblem(token) ? token : {}).toMatchObject({ reason, transient: false });
  expect(JSON.stringify(token)).not.toContain(TOKEN);
});

test("an unlabelled Secret is not used", () => {
  const found = secret({ token: TOKEN });
  const token = readToken({ ...found, metadata: { ...found.metadata, labels: {} } }, REF);
  expect(isProblem(token) && token.reason).toBe("CredentialsNotLabelled");
});
