import { X509Certificate } from "node:crypto";
import { createSecureContext, getCACertificates } from "node:tls";
import type { buildConnector } from "undici";

/** The longest text of a bundle that is read, in characters: the roots of the public web take half of it. @internal */
export const LONGEST_CA_BUNDLE = 512 * 1024;

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;

/**
 * Reads a bundle of CA certificates.
 *
 * @param text certificates as PEM, one after the other; what is between them is skipped.
 * @throws TypeError that says what is wrong, without a part of the text.
 */
export function readCaBundle(text: string): readonly string[] {
  if (text.length > LONGEST_CA_BUNDLE) {
    throw new TypeError(`it has more than ${LONGEST_CA_BUNDLE / 1024} KiB`);
  }
  const blocks = [...text.matchAll(BLOCK)];
  const other = blocks.find(([, label]) => label !== "CERTIFICATE")?.[1];
  if (other !== undefined) throw new TypeError(`it holds a ${other}, and may hold certificates only`);
  if (blocks.length === 0 || blocks.length !== text.split("-----BEGIN ").length - 1) {
    throw new TypeError("it is no list of complete PEM certificates");
  }
  for (const [index, [block]] of blocks.entries()) {
    if (!isCertificate(block)) throw new TypeError(`its certificate ${index + 1} cannot be read`);
  }
  return blocks.map(([block]) => block);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== "";
  } catch {
    return false;
  }
}

/** The options of a TLS connection that trusts these CAs too: Node alone would trust them instead of its own. */
export function tlsOptions(ca: readonly string[]): buildConnector.BuildOptions {
  if (ca.length === 0) return {};
  const secureContext = createSecureContext({ ca: [...getCACertificates("default"), ...ca] });
  return { secureContext };
}
