import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { LONGEST_CA_BUNDLE, readCaBundle, tlsOptions } from "./ca-bundle.ts";

const [first = "", second = ""] = rootCertificates;

test("certificates are read one by one, whatever is between them", () => {
  expect(readCaBundle(`# Root one\n${first}\n\nRoot two - with dashes\r\n${second}\n`)).toEqual([
    first,
    second,
  ]);
  expect(readCaBundle(rootCertificates.join("\n"))).toHaveLength(rootCertificates.length);
});

test.each([
  ["", "it is no list of complete PEM certificates"],
  ["junk", "it is no list of complete PEM certificates"],
  [first.slice(0, 400), "it is no list of complete PEM certificates"],
  [`${first}\n${second.slice(0, 400)}`, "it is no list of complete PEM certificates"],
  [`${second.slice(0, 400)}\n${first}`, "it is no list of complete PEM certificates"],
  ["-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----", "its certificate 1 cannot be read"],
  [`${first}\n-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----`, "its certificate 2 cannot be read"],
  [
    `${first}\n-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----`,
    "it holds a PRIVATE KEY, and may hold certificates only",
  ],
  [first + " ".repeat(LONGEST_CA_BUNDLE), "it has more than 512 KiB"],
])("what is no bundle is refused: case %#", (text, message) => {
  expect(() => readCaBundle(text)).toThrow(new TypeError(message));
});

test("without a bundle, TLS is left as it is", () => {
  expect(tlsOptions([])).toEqual({});
  expect(tlsOptions([first])).toHaveProperty("secureContext");
});
