import {
  type KeyObject,
  X509Certificate,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from "node:crypto";
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
 * for the three kinds needed here; so they are encoded by hand (RFC 5280), with P-256 keys.
 */

/** A certificate and its private key, both as PEM text. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Whom a certificate names and what it may be used for. */
export type Subject =
  | {
      readonly usage: "server";
      readonly commonName: string;
      readonly dnsNames: readonly string[];
      readonly ipAddresses: readonly string[];
    }
  | { readonly usage: "client"; readonly commonName: string; readonly organizations: readonly string[] };

const DAY = 86_400_000;
const VALIDITY = 365 * DAY;
/** Tolerates a clock that was set back a little after the certificate was made. */
const BACKDATED = 5 * 60_000;

const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
const EXTENDED_USAGE = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" };

const extension = (oid: string, critical: boolean, value: Buffer): Buffer =>
  sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value));
const keyUsage = (bits: number, unusedBits: number): Buffer =>
  extension("2.5.29.15", true, bitString(Buffer.from([bits]), unusedBits));

const attribute = (oid: string, value: string): Buffer =>
  set(sequence(objectIdentifier(oid), utf8String(value)));

function distinguishedName(commonName: string, organizations: readonly string[] = []): Buffer {
  return sequence(
    ...organizations.map((organization) => attribute("2.5.4.10", organization)),
    attribute("2.5.4.3", commonName),
  );
}

function subjectAlternativeNames(dnsNames: readonly string[], ipAddresses: readonly string[]): Buffer {
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

interface ToBeSigned {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function signCertificate(content: ToBeSigned, issuerKey: KeyObject, now: Date): string {
  const tbs = sequence(
    context(0, true, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    content.issuer,
    sequence(time(new Date(now.getTime() - BACKDATED)), time(new Date(now.getTime() + VALIDITY))),
    content.subject,
    content.publicKey.export({ type: "spki", format: "der" }),
    context(3, true, sequence(...content.extensions)),
  );
  const der = sequence(tbs, ECDSA_WITH_SHA256, bitString(sign("sha256", tbs, issuerKey)));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

const newKeyPair = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

/** Makes a self-signed certificate authority that is valid for a year. */
export function createAuthority(commonName: string, now = new Date()): KeyPair {
  const { publicKey, privateKey } = newKeyPair();
  const name = distinguishedName(commonName);
  const extensions = [
    extension("2.5.29.19", true, sequence(boolean(true))), // basicConstraints: CA
    keyUsage(0b0000_0110, 1), // keyCertSign, cRLSign
  ];
  const certificate = signCertificate(
    { issuer: name, subject: name, publicKey, extensions },
    privateKey,
    now,
  );
  return { certificate, key: pem(privateKey) };
}

/** An authority's name is made by createAuthority, of a common name alone. */
const commonNameOf = (authority: KeyPair): string =>
  new X509Certificate(authority.certificate).subject.replace(/^CN=/, "");

/** Makes a key and a certificate of it, signed by the authority and valid for a year. */
export function issueCertificate(authority: KeyPair, subject: Subject, now = new Date()): KeyPair {
  const { publicKey, privateKey } = newKeyPair();
  const extensions = [
    keyUsage(0b1000_0000, 7), // digitalSignature
    extension("2.5.29.37", false, sequence(objectIdentifier(EXTENDED_USAGE[subject.usage]))),
    ...(subject.usage === "server" ? [subjectAlternativeNames(subject.dnsNames, subject.ipAddresses)] : []),
  ];
  const content = {
    issuer: distinguishedName(commonNameOf(authority)),
    subject: distinguishedName(subject.commonName, subject.usage === "client" ? subject.organizations : []),
    publicKey,
    extensions,
  };
  return {
    certificate: signCertificate(content, createPrivateKey(authority.key), now),
    key: pem(privateKey),
  };
}
