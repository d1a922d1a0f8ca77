import { X509Certificate, createPrivateKey } from "node:crypto";
import { expect, test } from "vitest";
import { selfSignedCertificate } from "./self-signed.ts";

test("a self-signed certificate names its server, fits its key, and lasts longer than a process", () => {
  const { certificate, key } = selfSignedCertificate("keys.local", new Date("2026-11-02T10:00:00Z"));
  const read = new X509Certificate(certificate);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(read.subjectAltName).toBe("DNS:keys.local");
  expect(read.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(read.ca).toBe(false);
  expect(new Date(read.validFrom).toISOString()).toBe("2026-11-02T09:55:00.000Z");
  expect(new Date(read.validTo).toISOString()).toBe("2036-10-30T10:00:00.000Z");
});
