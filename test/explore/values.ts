import { fingerprintOf as realFingerprintOf } from "@signatureapi-keys/management-api";
import { fingerprintOf } from "../../lifecycle/src/model/vendor.ts";

const MODELLED = /^value-(x\d+)$/;
const LENGTH = 28;

/** The text of a key that a value of the model stands for; what is no key stays as it is. */
function textOf(value: string, mode: string): string {
  const name = MODELLED.exec(value)?.[1];
  return name === undefined ? value : `key_${mode}_${name.padStart(LENGTH, "0")}`;
}

/** The fingerprints of the model by the real ones. */
const toModel = new Map<string, string>();
/** The real fingerprints by mode and value: one process may search worlds of both modes. */
const toReal = new Map<string, string>();

function nameOf(value: string, mode: string): string {
  return `${mode} ${value}`;
}

/** A text of the model as the real one, whose fingerprint is known from then on. */
export function writtenText(value: string, mode: string): string {
  const text = textOf(value, mode);
  const name = nameOf(value, mode);
  if (!toReal.has(name)) {
    toModel.set(realFingerprintOf(text), fingerprintOf(value));
    toReal.set(name, realFingerprintOf(text));
  }
  return text;
}

const PREFIX = fingerprintOf("");

/** The real fingerprint for one of the model. */
export function realFingerprint(fingerprint: string, mode: string): string {
  if (!fingerprint.startsWith(PREFIX)) return fingerprint;
  const value = fingerprint.slice(PREFIX.length);
  writtenText(value, mode);
  return toReal.get(nameOf(value, mode)) ?? fingerprint;
}

/** The fingerprint of the model for a real one. */
export function modelFingerprint(fingerprint: string): string {
  return toModel.get(fingerprint) ?? fingerprint;
}
