import { ManagementApiError } from "@signatureapi-keys/management-api";
import { expect, test } from "vitest";
import { accountChanged, messageOf, PartialFailure, ProviderError } from "./failure.ts";

const refused = (kind: "invalid-token" | "forbidden") =>
  new ManagementApiError({ kind, operation: "getAccount", effect: "none", reason: "Refused." });

test("a failure has no stack, which Pulumi's host would print to users", () => {
  const failure = new ProviderError("It failed.");
  expect(failure.stack).toBe("");
  expect(String(failure)).toBe("ProviderError: It failed.");
});

test("a partial failure carries the state, and its message as a reason: the engine prints only reasons", () => {
  const failure = new PartialFailure("id", { keyId: "ak_1" }, "It failed.");
  expect(failure).toMatchObject({ id: "id", properties: { keyId: "ak_1" }, reasons: ["It failed."] });
  expect(failure.message).toBe("It failed.");
  expect(failure).toBeInstanceOf(ProviderError);
});

test.each([
  [new Error("It failed."), "It failed."],
  ["It failed.", "It failed."],
  [refused("forbidden"), refused("forbidden").message],
])("the message of %s is its own", (error, message) => {
  expect(messageOf(error)).toBe(message);
});

test("the message of a refused token says how to give refresh and destroy another one", () => {
  expect(messageOf(refused("invalid-token"))).toMatch(
    /^getAccount: Refused.*SIGNATUREAPI_MANAGEMENT_TOKEN.*--run-program/s,
  );
});

test("a changed account is named with the one that the state records", () => {
  expect(accountChanged("acc_1", "acc_2").message).toMatch(/belongs to account acc_1.*now belongs to acc_2/);
});
