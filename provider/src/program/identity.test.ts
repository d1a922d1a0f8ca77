import * as pulumi from "@pulumi/pulumi";
import { descriptionProblem, installationOf } from "@signatureapi-keys/lifecycle";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultDescription, installationOfStack } from "./identity.ts";

async function stackOf(organization: string | undefined): Promise<void> {
  const mocks = { newResource: () => ({ id: "id", state: {} }), call: () => ({}) };
  await pulumi.runtime.setMocks(mocks, "shop", "dev", false, organization);
}

beforeEach(() => stackOf("acme"));
afterEach(() => pulumi.runtime.setAllConfig({}));

describe("the installation", () => {
  test("is a digest over organization, project and stack", () => {
    expect(installationOfStack()).toBe(installationOf("pulumi", "acme", "shop", "dev"));
  });

  test("is the configured one", () => {
    pulumi.runtime.setAllConfig({ "signatureapi:installation": "abcdef0123" });
    expect(installationOfStack()).toBe("abcdef0123");
  });

  test("is refused where it is configured as something else", () => {
    pulumi.runtime.setAllConfig({ "signatureapi:installation": "production" });
    expect(() => installationOfStack()).toThrow("must be ten hex digits");
  });

  test("has a default organization in tests of a program that name none", async () => {
    await stackOf("");
    expect(installationOfStack()).toBe(installationOf("pulumi", "organization", "shop", "dev"));
  });
});

describe("the default description", () => {
  test("names project, stack and resource", () => {
    expect(defaultDescription("checkout")).toBe("shop/dev/checkout");
  });

  test.each([
    ["ASCII", "x".repeat(300), "shop/dev/".length + 171],
    ["characters of four bytes", "😀".repeat(300), "shop/dev/".length + 47],
  ])("of %s is cut to fit, and to no less", (_what, name, characters) => {
    const text = defaultDescription(name);
    expect(descriptionProblem(text)).toBeUndefined();
    expect(Array.from(text)).toHaveLength(characters);
  });

  test.each([
    ["180 characters", "x".repeat(171)],
    ["200 bytes", `xxx${"😀".repeat(47)}`],
  ])("of just %s is whole", (_what, name) => {
    expect(defaultDescription(name)).toBe(`shop/dev/${name}`);
  });
});
