import { expect, test } from "vitest";
import { redactText } from "./text.ts";

const VALUE = `key_live_${"a1B2".repeat(8)}`;
const base64 = (text: string): string => Buffer.from(text).toString("base64");

test.each([
  ["a value", `the answer was ${VALUE}.`, VALUE],
  ["the beginning of a value", "key_test_abcd…", "key_test_abcd"],
  ["a value in upper case", VALUE.toUpperCase(), VALUE.toUpperCase()],
  ["a bearer token", 'authorization: "Bearer token-of-shop"', "token-of-shop"],
  ["a basic credential", "Basic YWRhOmh1bnRlcjI=", "YWRhOmh1bnRlcjI="],
  ["the user and password of a URL", "proxy http://ada:hunter2@proxy:3128/ refused", "hunter2"],
  ["the user of a URL", "https://token-of-shop@git.example.com", "token-of-shop"],
  ["a field of JSON", '{"token":"token-of-shop","kind":"ApiKey"}', "token-of-shop"],
  ["a field of JSON in JSON", String.raw`{"msg":"{\"password\":\"hunter2\"}"}`, "hunter2"],
  ["a variable", "MANAGEMENT_TOKEN=token-of-shop", "token-of-shop"],
  ["a field of YAML", "apiKey: token-of-shop", "token-of-shop"],
  ["a JSON Web Token", `got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln`, "eyJzdWIiOiJhIn0"],
  ["a private key", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "MIIE"],
  ["a private key that is cut", "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "MIIE"],
  ["a value in base64", `data: ${base64(VALUE)}`, base64(VALUE)],
  ["a value inside of base64", base64(`x=${VALUE}\n`), base64(`x=${VALUE}\n`)],
  ["a value inside of base64, shifted", base64(`ab${VALUE}`), base64(`ab${VALUE}`)],
])("%s is taken out", (_name, text, secret) => {
  const redacted = redactText(text);
  expect(redacted).not.toContain(secret);
  expect(redacted).toContain("[redacted]");
});

test.each([
  "ApiKey shop/checkout: key ak_0123456789abcdef is retired at 2026-11-27T12:00:00.000Z",
  "fingerprint 0123456789ab, attempt abcdefgh, [ak:00000aaaaa.0123456789abcdef:7:abcdefgh]",
  "a value starts with key_live_ or key_test_",
  '{"level":"info","kind":"ApiKey","namespace":"shop","secretName":"checkout","msg":"key minted"}',
  "uid 6f1c0d52-9d3f-4a52-8a3c-0e1f2a3b4c5d, image registry.example.com/controller@sha256:0123456789abcdef0123456789abcdef",
])("%j stays as it is", (text) => {
  expect(redactText(text)).toBe(text);
});
