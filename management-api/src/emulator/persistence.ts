import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import * as z from "zod";

const storedAccountSchema = z.object({
  id: z.string(),
  name: z.string(),
  tokenHash: z.string(),
  liveMode: z.enum(["enabled", "disabled", "paused"]),
  permissions: z.array(z.string()),
  testKeys: z.int().min(0),
  roles: z
    .array(z.object({ name: z.string(), tokenHash: z.string(), permissions: z.array(z.string()) }))
    .default([]),
});
/** An account as kept: the hash of its token, never the token. */
export type StoredAccount = z.infer<typeof storedAccountSchema>;

const storedKeySchema = z.object({
  id: z.string(),
  accountId: z.string(),
  /** Grows with each key; lists are ordered by it. */
  sequence: z.int(),
  description: z.string(),
  mode: z.enum(["test", "live"]),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
  hint: z.string(),
  valueHash: z.string(),
});
/** A key as kept: the hash of its value, never the value. */
export type StoredKey = z.infer<typeof storedKeySchema>;

const stateSchema = z.object({
  version: z.literal(1),
  accounts: z.array(storedAccountSchema),
  keys: z.array(storedKeySchema),
});
export type StoredState = z.infer<typeof stateSchema>;

/** @throws Error naming the file if it is not one of ours. */
export function loadState(file: string): StoredState | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new Error(
      `${file} is not a state file of this emulator: give another --persist file, or delete it.`,
    );
  }
}

/** Replaces the file as a whole: after a crash it holds the old state or the new one. */
export function saveState(file: string, state: StoredState): void {
  const temporary = `${file}.tmp`;
  const descriptor = openSync(temporary, "w", 0o600);
  try {
    writeSync(descriptor, JSON.stringify(state));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}
