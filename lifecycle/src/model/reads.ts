import {
  judgeAllowance,
  recordsKey,
  type Claims,
  type Observed,
  type Step,
  type StepResult,
  type View,
} from "../index.ts";
import { NO_FACTS } from "../allowance/testing/no-facts.ts";
import type { Codecs, Reader } from "./codecs.ts";
import { ownerOfUid } from "./owners.ts";
import type { Refused, State } from "./state.ts";
import { objectAt, secretAt } from "./store.ts";
import { keyNamed, shown } from "./vendor.ts";
import { objectView, secretView } from "./views.ts";
import { dependentsOf, podsOf } from "./workloads.ts";

/** What a read brings to light, live, for the ApiKey with this UID. */
export function observe(state: State, apiKey: number, reader: Reader, read: Step, codecs: Codecs): Observed {
  const { uid } = reader;
  switch (read.kind) {
    case "read-object": {
      const object = objectAt(state.cluster, apiKey);
      return { object: object?.uid === uid ? objectView(object, "live") : { state: "gone" } };
    }
    case "read-secret":
      return { secret: secretView(secretAt(state.cluster, apiKey), reader, "live", codecs) };
    case "get-key": {
      const key = keyNamed(state, read.keyId);
      return { remote: key === undefined ? "absent" : shown(key) };
    }
    case "list-keys": {
      const owner = ownerOfUid(uid);
      const keys = state.keys.filter((key) => key.status === "active" && key.description.includes(owner));
      return { listing: { startedAt: state.now, keys: keys.map((key) => shown(key)) } };
    }
    case "find-claims":
      return { claims: claimsOn(state, uid, read) };
    case "read-workloads":
      return { dependents: { state: "read", workloads: dependentsOf(state, apiKey) } };
    case "read-pods":
      return { users: { state: "read", pods: podsOf(state, apiKey) } };
    default:
      throw new TypeError(`${read.kind} is no read`);
  }
}

/**
 * Answers `reserve-key` by the rule that ships, for a ledger that knows the status and the last refusal, and no
 * numbers of keys.
 */
export function answerReservation(
  { object, timing }: View,
  { reason, op }: Step & { kind: "reserve-key" },
  last: Refused | undefined,
  now: number,
): StepResult {
  const abandoned = object.state === "gone" ? [] : object.status.abandoned;
  const current = object.state === "present" && last?.generation === object.generation ? last : undefined;
  const judged = judgeAllowance({ reason, op }, { ...NO_FACTS, abandoned, refused: current }, now, timing);
  if (judged === undefined) return { outcome: "done", observed: {} };
  return { outcome: "rejected", conflict: false, ...judged };
}

/** What a complete look at all other ApiKeys says of a key. */
function claimsOn(
  { cluster }: State,
  uid: string,
  { keyId, owners }: Step & { kind: "find-claims" },
): Claims {
  const others = cluster.apiKeys.flatMap(({ now }) => (now === undefined || now.uid === uid ? [] : [now]));
  const alive = others.map((other) => ownerOfUid(other.uid));
  return {
    keyId,
    asked: owners,
    living: owners.filter((asked) => alive.includes(asked)),
    complete: true,
    recorded: others.some(({ status }) => recordsKey(status, keyId)),
  };
}
