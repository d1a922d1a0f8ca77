import type { StatusRecord } from "../../index.ts";
import { isNamed } from "../../plan/records/named-keys.ts";
import { ADOPTED } from "../../tag.ts";
import { tagOf } from "../owners.ts";
import type { State } from "../state.ts";
import { attemptsOf } from "../store.ts";
import { isAccounted } from "./accounts.ts";

/**
 * The attempts that an interference has taken the records of: accounted for before it, and no longer after it; and
 * those of which it is no longer on record that they were abandoned, so that a dead commit reads as a live one; and
 * those whose adopted key no status records any more: it may still be in its Secret, but that is no licence to revoke it.
 */
export function excusedBy(before: State, after: State): readonly string[] {
  const left = accountedAttempts(after);
  const lost = [...accountedAttempts(before)].filter((attempt) => !left.has(attempt));
  const abandoned = abandonedAttempts(after);
  const adopted = adoptedAttempts(after);
  return [
    ...lost,
    ...[...abandonedAttempts(before)].filter((attempt) => !abandoned.has(attempt)),
    ...[...adoptedAttempts(before)].filter((attempt) => !adopted.has(attempt)),
  ];
}

function adoptedAttempts({ cluster, keys }: State): ReadonlySet<string> {
  const statuses = cluster.apiKeys.flatMap(({ now }) => (now === undefined ? [] : [now.status]));
  return new Set(
    keys.flatMap(({ id, description }) => {
      const tag = tagOf(description);
      const named = tag?.revision === ADOPTED && statuses.some((status) => isRecorded(status, id));
      return named ? [tag.attempt] : [];
    }),
  );
}

function isRecorded(status: StatusRecord, id: string): boolean {
  const attempts = [status.attempt, ...status.abandoned];
  return isNamed(status, id) || attempts.some((attempt) => attempt?.keyId === id);
}

function abandonedAttempts(state: State): ReadonlySet<string> {
  return new Set(state.cluster.apiKeys.flatMap(({ now }) => now?.status.abandoned.map(({ id }) => id) ?? []));
}

function accountedAttempts(state: State): ReadonlySet<string> {
  const named = state.cluster.apiKeys.flatMap(({ now }) => (now === undefined ? [] : attemptsOf(now)));
  const living = state.keys.flatMap((key) => {
    const tag = key.status === "active" ? tagOf(key.description) : undefined;
    return tag !== undefined && isAccounted(state, key, tag) ? [tag.attempt] : [];
  });
  return new Set([...named, ...living]);
}
