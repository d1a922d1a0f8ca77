import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:tls";
import { expect, test } from "vitest";
import { createAuthority, issueCertificate } from "./certificates.ts";

const now = new Date("2026-11-02T10:00:00Z");
const authority = createAuthority("some authority", now);
const server = issueCertificate(
  authority,
  { usage: "server", commonName: "server", dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] },
  now,
);

test("a certificate is signed by its authority and by no other of the same name", () => {
  const certificate = new X509Certificate(server.certificate);
  expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  const other = createAuthority("some authority", now);
  expect(certificate.verify(new X509Certificate(other.certificate).publicKey)).toBe(false);
});

test("names, addresses and usage are read back as they were given", () => {
  const certificate = new X509Certificate(server.certificate);
  expect(certificate.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1");
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(certificate.ca).toBe(false);
  expect(new X509Certificate(authority.certificate).ca).toBe(true);
});

test("a client certificate carries the user and every group, also beyond ASCII", () => {
  const { certificate } = issueCertificate(authority, {
    usage: "client",
    commonName: "zoë",
    organizations: ["a", "b".repeat(200)],
  });
  expect(new X509Certificate(certificate).subject).toBe(`O=a\nO=${"b".repeat(200)}\nCN=zoë`);
});

test("a certificate is valid from a little before its making, for a year", () => {
  const certificate = new X509Certificate(server.certificate);
  expect(new Date(certificate.validFrom).toISOString()).toBe("2026-11-02T09:55:00.000Z");
  expect(new Date(certificate.validTo).toISOString()).toBe("2027-11-02T10:00:00.000Z");
});

test("from 2050 on the times are written with four digits of the year", () => {
  const { certificate } = createAuthority("late", new Date("2049-12-31T23:00:00Z"));
  expect(new Date(new X509Certificate(certificate).validTo).toISOString()).toBe("2050-12-31T23:00:00.000Z");
});

test("TLS with it is accepted under its authority and refused under another", async () => {
  const current = createAuthority("current");
  const pair = issueCertificate(current, {
    usage: "server",
    commonName: "server",
    dnsNames: [],
    ipAddresses: ["127.0.0.1"],
  });
  const listener = createServer({ cert: pair.certificate, key: pair.key }).listen(0, "127.0.0.1");
  listener.on("tlsClientError", () => undefined);
  await once(listener, "listening");
  const address = listener.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const good = connect({ port, host: "127.0.0.1", ca: current.certificate });
  await once(good, "secureConnect");
  expect(good.authorized).toBe(true);
  good.destroy();
  const bad = connect({ port, host: "127.0.0.1", ca: createAuthority("current").certificate });
  await expect(once(bad, "secureConnect")).rejects.toThrow(/signature|verify|self-signed/i);
  listener.close();
});
