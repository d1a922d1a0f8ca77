import {
  distinguishedName,
  extendedKeyUsage,
  keyUsage,
  newKeyPair,
  privateKeyPem,
  signCertificate,
  subjectAlternativeNames,
  type KeyPair,
} from "./x509.ts";

/** Ten years: it is made at each start, and no process lives for as long. */
const VALIDITY_MS = 3_650 * 86_400_000;

/**
 * A certificate of a TLS server that no authority has signed, with its key: it encrypts, and proves to no client whom it
 * talks to.
 *
 * @param name the common name and the only DNS name.
 */
export function selfSignedCertificate(name: string, now: Date): KeyPair {
  const { publicKey, privateKey } = newKeyPair();
  const subject = distinguishedName(name);
  const extensions = [
    keyUsage(0b1000_0000, 7), // digitalSignature
    extendedKeyUsage("server"),
    subjectAlternativeNames([name]),
  ];
  const content = { issuer: subject, subject, publicKey, extensions };
  const certificate = signCertificate(content, privateKey, { from: now, milliseconds: VALIDITY_MS });
  return { certificate, key: privateKeyPem(privateKey) };
}
