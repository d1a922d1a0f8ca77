import { describe, expect, test } from "vitest";
import { apiKeySpecSchema } from "../resources/apikey.ts";
import { fillTemplate, secretProblem } from "./secret-rules.ts";

const RULES = {
  allowedTypes: ["example.com/key"],
  allowedMetadata: ["team.example.com"],
  reservedNamespaces: ["kube-system"],
};

function problem(secret: object, namespace = "shop"): unknown {
  return secretProblem(apiKeySpecSchema.parse({ mode: "live", secret }), namespace, RULES);
}

describe("a Secret may be declared", () => {
  test.each([
    ["as it is by default", {}],
    ["with a type that is listed", { type: "example.com/key" }],
    ["with a plain label", { labels: { app: "shop" } }],
    ["with a prefix that is listed", { annotations: { "team.example.com/owner": "pay" } }],
    [
      "with entries that use the three variables",
      { template: [{ name: ".env", value: "{{key}} {{keyId}} {{mode}} {x}" }] },
    ],
  ])("%s", (_name, secret) => {
    expect(problem(secret)).toBeUndefined();
  });
});

describe("a Secret is refused", () => {
  test.each([
    [
      "with a type that means something to others",
      { type: "bootstrap.kubernetes.io/token" },
      "SecretTypeNotAllowed",
    ],
    [
      "with a label of another's prefix",
      { labels: { "sealedsecrets.bitnami.com/sealed-secrets-key": "active" } },
      "SecretMetadataNotAllowed",
    ],
    [
      "with a label of ours",
      { labels: { "signatureapi.com/credential": "true" } },
      "SecretMetadataNotAllowed",
    ],
    [
      "with a prefix that only ends alike",
      { labels: { "evil-team.example.com/x": "1" } },
      "SecretMetadataNotAllowed",
    ],
    [
      "with an annotation that replicates it",
      { annotations: { "replicator.v1.mittwald.de/replicate-to": "*" } },
      "SecretMetadataNotAllowed",
    ],
    ["with a previous entry in the place of the value", { previousKey: "SIGNATUREAPI_KEY" }, "InvalidSpec"],
    [
      "with two entries of one name",
      {
        template: [
          { name: "a", value: "" },
          { name: "a", value: "" },
        ],
      },
      "InvalidSpec",
    ],
    [
      "with a template entry in the place of the previous value",
      { previousKey: "OLD", template: [{ name: "OLD", value: "" }] },
      "InvalidSpec",
    ],
    ["with a helper in a template", { template: [{ name: "a", value: "{{#each key}}" }] }, "InvalidSpec"],
  ])("%s", (_name, secret, reason) => {
    expect(problem(secret)).toMatchObject({ reason });
  });

  test("in a reserved namespace", () => {
    expect(problem({}, "kube-system")).toMatchObject({ reason: "NamespaceReserved" });
  });
});

test("a template is filled in once: what a variable holds is not read as a template", () => {
  const variables = { key: "{{mode}}$&", keyId: "ak_1", mode: "live" };
  expect(fillTemplate("K={{key}} I={{keyId}}", variables)).toBe("K={{mode}}$& I=ak_1");
});
