import { fingerprintOf as realFingerprintOf } from "@signatureapi-keys/management-api";
import { fingerprintOf } from "../../lifecycle/src/model/vendor.ts";

const MODELLED = /^value-(x\d+)$/;
const LENGTH = 28;

/** The text of a key that a value of the model stands for; what is no key stays as it is. */
function textOf(value: string, mode: string): string {
  const name = MODELLED.exec(value)?.[1];
  return name === undefined ? value : `key_${mode}_${name.padStart(LENGTH, "0")}`;
}

/** The fingerprints of the model by the real ones, and the other way round. */
const toModel = new Map<string, string>();
const toReal = new Map<string, string>();

/** A text of the model as the real one, whose fingerprint is known from then on. */
export function writtenText(value: string, mode: string): string {
  const text = textOf(value, mode);
  if (!toReal.has(fingerprintOf(value))) {
    toModel.set(realFingerprintOf(text), fingerprintOf(value));
    toReal.set(fingerprintOf(value), realFingerprintOf(text));
  }
  return text;
}

const PREFIX = fingerprintOf("");

/** The real fingerprint for one of the model. */
export function realFingerprint(fingerprint: string, mode: string): string {
  if (fingerprint.startsWith(PREFIX)) writtenText(fingerprint.slice(PREFIX.length), mode);
  return toReal.get(fingerprint) ?? fingerprint;
}

/** The fingerprint of the model for a real one. */
export function modelFingerprint(fingerprint: string): string {
  return toModel.get(fingerprint) ?? fingerprint;
}
