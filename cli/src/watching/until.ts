import type { KubeClient, KubeObject, ListedType, ObjectRef } from "@signatureapi-keys/controller/kube";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { followObject } from "./follow.ts";

/** What is waited for. */
export interface Until<T extends KubeObject, R> {
  readonly client: KubeClient;
  readonly type: ListedType<T>;
  readonly ref: ObjectRef;
  /** The user's interruption. */
  readonly signal: AbortSignal;
  /** Milliseconds; 0 waits without an end. */
  readonly timeoutMs: number;
  /** Called with each state of the object; the wait ends with what it returns, unless that is undefined. */
  readonly judge: (object: T | undefined) => R | undefined | Promise<R | undefined>;
  /** What the time was too short for. */
  readonly late: () => { readonly message: string; readonly next: string | undefined };
}

/**
 * Watches an object until it is as wanted.
 * @throws CliError with `EXIT.timedOut`, or `EXIT.interrupted`; KubeError if the object must not be read
 */
export async function untilObject<T extends KubeObject, R>(wait: Until<T, R>): Promise<R> {
  const { client, type, ref, signal, timeoutMs, judge, late } = wait;
  const deadline = new AbortController();
  const timer = timeoutMs > 0 ? setTimeout(() => deadline.abort(), timeoutMs) : undefined;
  try {
    for await (const object of followObject(client, type, ref, AbortSignal.any([signal, deadline.signal]))) {
      const result = await judge(object);
      if (result !== undefined) return result;
    }
  } finally {
    clearTimeout(timer);
  }
  if (signal.aborted) throw new CliError("interrupted", { exitCode: EXIT.interrupted });
  const { message, next } = late();
  throw new CliError(message, { next, exitCode: EXIT.timedOut });
}
