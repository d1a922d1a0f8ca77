import { type KeyObject, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import {
  bitString,
  boolean,
  context,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from "./der.ts";

/*
 * Node can read certificates but not make them, and the npm libraries that can bring twenty packages along
 * for the few kinds needed here; so they are encoded by hand (RFC 5280), with P-256 keys.
 */

/** A certificate and its private key, both as PEM text. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Tolerates a clock that was set back a little after the certificate was made. */
const BACKDATED = 5 * 60_000;

const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));

/** Of the extension extendedKeyUsage. */
const EXTENDED_USAGE = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;

/** An extension of a certificate. @internal */
export const extension = (oid: string, critical: boolean, value: Buffer): Buffer =>
  sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value));

/** The extension keyUsage, as one byte of bits of which the last `unusedBits` are padding. */
export const keyUsage = (bits: number, unusedBits: number): Buffer =>
  extension("2.5.29.15", true, bitString(Buffer.from([bits]), unusedBits));

/** The extension extendedKeyUsage for one side of TLS. */
export const extendedKeyUsage = (side: keyof typeof EXTENDED_USAGE): Buffer =>
  extension("2.5.29.37", false, sequence(objectIdentifier(EXTENDED_USAGE[side])));

const attribute = (oid: string, value: string): Buffer =>
  set(sequence(objectIdentifier(oid), utf8String(value)));

/** Whom a certificate names, or who issued it. */
export function distinguishedName(commonName: string, organizations: readonly string[] = []): Buffer {
  return sequence(
    ...organizations.map((organization) => attribute("2.5.4.10", organization)),
    attribute("2.5.4.3", commonName),
  );
}

/** The extension subjectAltName. */
export function subjectAlternativeNames(
  dnsNames: readonly string[],
  ipAddresses: readonly string[] = [],
): Buffer {
  const names = [
    ...dnsNames.map((name) => context(2, false, Buffer.from(name, "ascii"))),
    ...ipAddresses.map((address) => context(7, false, addressBytes(address))),
  ];
  return extension("2.5.29.17", false, sequence(...names));
}

function addressBytes(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail = ""] = address.split("::");
  const groups = [head, tail].map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - groups.flat().length }, () => "0");
  const [before = [], after = []] = groups;
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, "0")).join(""), "hex");
}

/** What a certificate says. */
interface CertificateContent {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** How long a certificate is valid: from a little before `from`, for `milliseconds`. */
interface Validity {
  readonly from: Date;
  readonly milliseconds: number;
}

/** A certificate as PEM text, signed with the issuer's key. */
export function signCertificate(
  content: CertificateContent,
  issuerKey: KeyObject,
  { from, milliseconds }: Validity,
): string {
  const start = new Date(from.getTime() - BACKDATED);
  const end = new Date(from.getTime() + milliseconds);
  const tbs = sequence(
    context(0, true, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    content.issuer,
    sequence(time(start), time(end)),
    content.subject,
    content.publicKey.export({ type: "spki", format: "der" }),
    context(3, true, sequence(...content.extensions)),
  );
  const der = sequence(tbs, ECDSA_WITH_SHA256, bitString(sign("sha256", tbs, issuerKey)));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

/** A new P-256 key. */
export const newKeyPair = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync("ec", { namedCurve: "P-256" });

/** A private key as PEM text. */
export const privateKeyPem = (key: KeyObject): string =>
  key.export({ type: "pkcs8", format: "pem" }).toString();
