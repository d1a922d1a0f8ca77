import type { AuditedRequest } from "./audit.ts";

/**
 * How long each ApiKey took from the request that created it to the answer to the last write of its status.
 *
 * @param requests of who created them and of who works on them.
 * @param notBefore in milliseconds of the wall clock: a key that was created earlier counts from then.
 * @returns milliseconds, in the order in which they were created.
 */
export function timesToReady(
  requests: readonly AuditedRequest[],
  namespace: string,
  notBefore = 0,
): readonly number[] {
  const created = new Map<string, number>();
  const done = new Map<string, number>();
  for (const { verb, resource, namespace: where, name, from, to, code } of requests) {
    if (where !== namespace || code >= 300) continue;
    if (verb === "create" && resource === "apikeys") created.set(name, Math.max(from, notBefore));
    if (verb === "update" && resource === "apikeys/status") done.set(name, Math.max(to, done.get(name) ?? 0));
  }
  return [...created]
    .toSorted(([, a], [, b]) => a - b)
    .flatMap(([name, from]) => {
      const to = done.get(name);
      return to === undefined ? [] : [Math.max(0, to - from)];
    });
}
