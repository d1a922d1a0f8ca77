import { hash } from "node:crypto";

const INSTALLATION_DIGITS = 10;
const OWNER_DIGITS = 16;
const ATTEMPT_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const ATTEMPT_LENGTH = 8;

/** @param digits how many hex digits of the SHA-256, an even number. */
function digest(parts: readonly string[], digits: number): string {
  // A separator that cannot stand in any part keeps ("a", "bc") and ("ab", "c") apart.
  // Not sliced from the text of all digits, which V8 would keep as long as the slice.
  return hash("sha256", parts.join("\0"), "buffer").toString("hex", 0, digits / 2);
}

/**
 * Names who manages: ten hex digits.
 *
 * In Kubernetes the parts are the UID of the namespace `kube-system`, and the namespace and name of the
 * controller's Lease, so that two controllers in one cluster are two installations.
 */
export function installationOf(...parts: readonly string[]): string {
  return digest(parts, INSTALLATION_DIGITS);
}

/** Whether a text can be an installation, as `--installation` takes it. */
export function isInstallation(text: string): boolean {
  return /^[0-9a-f]{10}$/.test(text);
}

/** Names the object that a key belongs to: 16 hex digits of the SHA-256 of its UID. */
export function ownerOf(uid: string): string {
  return digest([uid], OWNER_DIGITS);
}

/**
 * Names one attempt to mint: eight base32 characters, 40 bits.
 *
 * @param randomBytes a source of cryptographic randomness, a parameter so that rules can be replayed.
 */
export function newAttemptId(randomBytes: (size: number) => Uint8Array): string {
  let id = "";
  for (const byte of randomBytes(ATTEMPT_LENGTH)) id += ATTEMPT_ALPHABET[byte % ATTEMPT_ALPHABET.length];
  return id;
}
