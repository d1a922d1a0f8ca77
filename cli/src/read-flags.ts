import type { ZodType } from "zod";
import { UsageError } from "./errors.ts";

/**
 * Reads flags as the argument parser found them.
 * @throws UsageError that names the flag
 */
export function readFlags<T>(schema: ZodType<T>, flags: unknown): T {
  const result = schema.safeParse(flags);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const name = String(issue?.path[0] ?? "").replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(name === "" ? (issue?.message ?? "wrong flags") : `--${name}: ${issue?.message}`);
}
