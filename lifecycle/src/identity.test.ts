import { describe, expect, it } from "vitest";
import { installationOf, isInstallation, newAttemptId, ownerOf } from "./identity.ts";
import { parseTag, formatTag } from "./tag.ts";

describe("an identity", () => {
  it("is the same for the same parts, and of the form that tags carry", () => {
    const tag = {
      installation: installationOf("uid", "system", "lease"),
      owner: ownerOf("5d0c3c1e"),
      revision: 1,
      attempt: newAttemptId(() => new Uint8Array([0, 31, 32, 255, 1, 2, 3, 4])),
    };
    expect(parseTag(formatTag(tag))).toEqual(tag);
    expect(installationOf("uid", "system", "lease")).toBe(tag.installation);
    expect(isInstallation(tag.installation)).toBe(true);
  });

  it("keeps parts apart whose texts run together", () => {
    expect(installationOf("a", "bc")).not.toBe(installationOf("ab", "c"));
  });

  it("differs between objects", () => {
    expect(ownerOf("uid-1")).not.toBe(ownerOf("uid-2"));
  });

  it("takes every character of an attempt from one random byte", () => {
    expect(newAttemptId(() => new Uint8Array([0, 25, 26, 31, 32, 63, 64, 255]))).toBe("az27a7a7");
  });

  it.each(["", "012345678", "01234567890", "012345678G", "0123456789\n"])(
    "of an installation is not %j",
    (text) => {
      expect(isInstallation(text)).toBe(false);
    },
  );
});
