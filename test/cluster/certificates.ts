import { X509Certificate, createPrivateKey } from "node:crypto";
import { boolean, sequence } from "../../controller/src/tls/der.ts";
import {
  distinguishedName,
  extendedKeyUsage,
  extension,
  keyUsage,
  newKeyPair,
  privateKeyPem,
  signCertificate,
  subjectAlternativeNames,
  type KeyPair,
} from "../../controller/src/tls/x509.ts";

export type { KeyPair } from "../../controller/src/tls/x509.ts";

/** Whom a certificate names and what it may be used for. */
export type Subject =
  | {
      readonly usage: "server";
      readonly commonName: string;
      readonly dnsNames: readonly string[];
      readonly ipAddresses: readonly string[];
    }
  | { readonly usage: "client"; readonly commonName: string; readonly organizations: readonly string[] };

const YEAR = 365 * 86_400_000;

/** Makes a self-signed certificate authority that is valid for a year. */
export function createAuthority(commonName: string, now = new Date()): KeyPair {
  const { publicKey, privateKey } = newKeyPair();
  const name = distinguishedName(commonName);
  const extensions = [
    extension("2.5.29.19", true, sequence(boolean(true))), // basicConstraints: CA
    keyUsage(0b0000_0110, 1), // keyCertSign, cRLSign
  ];
  const content = { issuer: name, subject: name, publicKey, extensions };
  const certificate = signCertificate(content, privateKey, { from: now, milliseconds: YEAR });
  return { certificate, key: privateKeyPem(privateKey) };
}

/** An authority's name is made by createAuthority, of a common name alone. */
const commonNameOf = (authority: KeyPair): string =>
  new X509Certificate(authority.certificate).subject.replace(/^CN=/, "");

/** Makes a key and a certificate of it, signed by the authority and valid for a year. */
export function issueCertificate(authority: KeyPair, subject: Subject, now = new Date()): KeyPair {
  const { publicKey, privateKey } = newKeyPair();
  const extensions = [
    keyUsage(0b1000_0000, 7), // digitalSignature
    extendedKeyUsage(subject.usage),
    ...(subject.usage === "server" ? [subjectAlternativeNames(subject.dnsNames, subject.ipAddresses)] : []),
  ];
  const content = {
    issuer: distinguishedName(commonNameOf(authority)),
    subject: distinguishedName(subject.commonName, subject.usage === "client" ? subject.organizations : []),
    publicKey,
    extensions,
  };
  const validity = { from: now, milliseconds: YEAR };
  return {
    certificate: signCertificate(content, createPrivateKey(authority.key), validity),
    key: privateKeyPem(privateKey),
  };
}
