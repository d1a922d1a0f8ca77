import { hash } from "node:crypto";

/**
 * A number from 0 to below 1 that looks random and is always the same for the same name: it spreads what many do
 * over a time, and nobody needs to remember who was given which part of it.
 */
export function shareOf(name: string): number {
  return hash("sha256", name, "buffer").readUInt32BE(0) / 2 ** 32;
}
