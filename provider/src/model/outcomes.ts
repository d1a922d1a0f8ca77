import type { Answer, Failed, Request } from "./request.ts";
import type { Maker, Process, State, VendorKey } from "./state.ts";
import { changeKey, createKey, isUnconfirmed, listed, Refusal, shown } from "./vendor.ts";

/** What becomes of a request; `done` is as documented, and any other is a fault. */
export type Outcome =
  | "done"
  /** Refused with a problem of the API: 403. */
  | "refused"
  /** 429. */
  | "busy"
  /** It takes effect, and the answer is lost. */
  | "lost"
  /** It never arrives, and the process cannot know that. */
  | "never arrives"
  /** It never arrives in time, and takes effect later. */
  | "late"
  /** A proxy sends it twice. */
  | "repeated"
  /** A proxy answers with another stack's key. */
  | "mixed up"
  /** It takes effect, and the answer is of the other mode. */
  | "of the other mode"
  /** A key that was just made cannot be found yet. */
  | "not found yet"
  /** A listing as it was before the command began. */
  | "stale"
  /** A listing without the rows of this resource. */
  | "partial";

const FAULTS: Readonly<Partial<Record<Request["kind"], readonly Outcome[]>>> = {
  getAccount: ["never arrives"],
  list: ["never arrives", "stale", "partial"],
  get: ["never arrives", "not found yet"],
  create: ["refused", "busy", "lost", "never arrives", "late", "repeated", "mixed up", "of the other mode"],
  describe: ["refused", "lost", "never arrives", "not found yet"],
  roll: ["refused", "busy", "lost", "never arrives", "repeated", "of the other mode"],
  revoke: ["refused", "lost", "never arrives"],
};

/** For so long a key that was just made may not be found by its ID, in milliseconds. */
const FOUND_AFTER_MS = 1_000;

/** The faults that may meet a request now. */
export function faultsOf(state: State, request: Request): readonly Outcome[] {
  const faults = FAULTS[request.kind] ?? [];
  return faults.filter((fault) => {
    if (fault === "not found yet") return isYoung(state, request);
    if (fault === "mixed up") return stranger(state) !== undefined;
    return true;
  });
}

function isYoung(state: State, request: Request): boolean {
  if (!("keyId" in request)) return false;
  const key = state.keys.find(({ id }) => id === request.keyId);
  return key !== undefined && !key.revoked && state.now - key.createdAt < FOUND_AFTER_MS;
}

/** A key of another stack: it carries a tag, and no process of this world has made it. */
function stranger({ keys }: State): VendorKey | undefined {
  return keys.find((key) => key.madeBy === undefined && !key.revoked && isUnconfirmed(key.description));
}

/** What a request came to. */
export interface Handled {
  readonly state: State;
  readonly answer: Answer;
}

const failed = (state: State, failure: Failed): Handled => ({
  state,
  answer: { now: state.now, kind: "failed", failure },
});

/** Handles a request of a process to the API. */
export function handle(state: State, process: Process, outcome: Outcome): Handled {
  const { next } = process;
  const madeBy = { stack: process.stack, process: process.id };
  switch (outcome) {
    case "refused":
      return failed(state, { kind: "forbidden", effect: "none" });
    case "busy":
      return failed(state, { kind: "too-many-requests", effect: "none" });
    case "not found yet":
      return failed(state, { kind: "not-found", effect: "none" });
    case "never arrives":
      return failed(state, { kind: "timeout", effect: isRead(next) ? "none" : "unknown" });
    case "late":
      return failed(withLate(state, next, madeBy), { kind: "timeout", effect: "unknown" });
    default:
      return arrived(state, process, outcome, madeBy);
  }
}

function withLate(state: State, request: Request, madeBy: Maker): State {
  if (request.kind !== "create") return state;
  const { mode, description } = request;
  return { ...state, late: [...state.late, { mode, description, madeBy }] };
}

function isRead({ kind }: Request): boolean {
  return kind === "getAccount" || kind === "list" || kind === "get";
}

function arrived(state: State, process: Process, outcome: Outcome, madeBy: Maker): Handled {
  try {
    const once = effectOf(state, process, outcome, madeBy);
    const twice = outcome === "repeated" ? effectOf(once.state, process, outcome, madeBy) : once;
    if (outcome === "lost") return failed(twice.state, { kind: "timeout", effect: "unknown" });
    if (outcome === "of the other mode") {
      const named = twice.answer.kind === "key" ? { apiKeyId: twice.answer.key.id } : {};
      return failed(twice.state, { kind: "wrong-mode", effect: "unknown", ...named });
    }
    return twice;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return failed(state, { kind: error.kind, effect: "none" });
  }
}

function effectOf(state: State, process: Process, outcome: Outcome, madeBy: Maker): Handled {
  const { next } = process;
  const { now } = state;
  switch (next.kind) {
    case "list":
      return { state, answer: { now, kind: "keys", keys: listing(state, outcome), born: state.nextKey } };
    case "get": {
      const key = state.keys.find(({ id }) => id === next.keyId);
      if (key === undefined) throw new Refusal("not-found");
      return { state, answer: { now, kind: "key", key: shown(key) } };
    }
    case "create": {
      const made = createKey(state, { ...next, madeBy });
      const answered = outcome === "mixed up" ? stranger(state) : made.key;
      return { state: made.state, answer: { now, kind: "key", key: shown(answered ?? made.key, true) } };
    }
    case "describe":
    case "roll": {
      const changed = changeKey(state, next, madeBy);
      return {
        state: changed.state,
        answer: { now, kind: "key", key: shown(changed.key, next.kind === "roll") },
      };
    }
    case "revoke":
      // The client takes "not found" for success.
      return { state: revoked(state, next, madeBy), answer: { now, kind: "done" } };
    default:
      return { state, answer: { now, kind: "done" } };
  }
}

function revoked(state: State, request: Request & { kind: "revoke" }, by: Maker): State {
  try {
    return changeKey(state, request, by).state;
  } catch (error) {
    if (error instanceof Refusal) return state;
    throw error;
  }
}

function listing(state: State, outcome: Outcome) {
  if (outcome === "stale") return listed(state.before);
  if (outcome === "partial") return listed(state.keys.filter(({ madeBy }) => madeBy === undefined));
  return listed(state.keys);
}
