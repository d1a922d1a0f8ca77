import { ExchangeFailure } from "../client/exchange.ts";
import { JUDGES } from "./judges/index.ts";
import type { Left } from "./made-keys.ts";
import { Probe, type ProbeOptions } from "./probe.ts";
import { isRefused, walkReads } from "./read-walk.ts";
import { Redactor } from "./redactor.ts";
import { ROWS, type Row, type RowId } from "./rows.ts";
import { nothingSeen, type Seen } from "./seen.ts";
import { walkTestKey } from "./key-walk.ts";
import type { Verdict } from "./verdict.ts";

/** What a run of the check is given. */
export interface CheckOptions extends ProbeOptions {
  /** Create a test key, and revoke it at the end. Live keys are never created. */
  readonly createTestKey: boolean;
  /** Eight characters of `a-z2-7` that no other run has: what the run makes is recognised by them. */
  readonly marker: string;
  /** Stops the check. What it has made is revoked first. */
  readonly signal: AbortSignal;
  /** How long a new key may be invisible, in milliseconds. Default 45,000. */
  readonly visibleWithinMs?: number;
  /** How long to wait between two looks, in milliseconds. Default 500. */
  readonly pollMs?: number;
}

/** One line of the result. */
interface CheckedRow {
  readonly row: Row & { readonly id: RowId };
  readonly verdict: Verdict;
}

export interface CheckResult {
  readonly rows: readonly CheckedRow[];
  /** What could not be undone. */
  readonly left: Left;
  /** How the run ended: it was completed, stopped by the signal, got no answer, or its token was refused. */
  readonly end: "completed" | "interrupted" | "unreachable" | "refused";
  /** Why there was no answer. */
  readonly failure: string | undefined;
  /** Replaces what belongs to the account in a text. */
  readonly redact: (text: string) => string;
}

/**
 * Compares an API with the contract, row by row. It sends reads only, unless a test key may be created.
 *
 * @throws TypeError if a URL or a header cannot be used.
 */
export async function runCheck(options: CheckOptions): Promise<CheckResult> {
  const probe = new Probe(options);
  const redactor = new Redactor(options.token);
  const seen = nothingSeen(probe.base.origin);
  probe.onAnswer = (answer) => {
    redactor.learn(answer.body);
    if (answer.status === 429) seen.throttled.push(answer);
  };
  let left: Left = { ids: [], unclear: false };
  let interrupted = false;
  try {
    await walkReads(probe, seen, options.signal);
    if (options.createTestKey && !isTokenRefused(seen)) {
      const { signal, marker, visibleWithinMs = 45_000, pollMs = 500 } = options;
      const onLeft = (found: Left): void => {
        left = found;
      };
      await walkTestKey(probe, seen, { signal, marker, visibleWithinMs, pollMs, onLeft });
    }
  } catch (error) {
    if (error instanceof ExchangeFailure) seen.failure = { kind: error.kind, reason: error.message };
    else if (!options.signal.aborted) throw error;
  } finally {
    interrupted = options.signal.aborted;
    await probe.close();
  }
  return {
    rows: ROWS.map((row) => ({ row, verdict: redactedVerdict(JUDGES[row.id](seen), redactor) })),
    left,
    end: endOf(seen, interrupted),
    failure: seen.failure?.reason,
    redact: (text) => redactor.redact(text),
  };
}

function endOf(seen: Seen, interrupted: boolean): CheckResult["end"] {
  if (interrupted) return "interrupted";
  if (seen.failure !== undefined) return "unreachable";
  return isTokenRefused(seen) ? "refused" : "completed";
}

/** An API that refuses the account and the list has refused the token, or the way in which it was sent. */
function isTokenRefused({ steps: { account, list } }: Seen): boolean {
  return account !== undefined && list !== undefined && isRefused(account) && isRefused(list);
}

function redactedVerdict(verdict: Verdict, redactor: Redactor): Verdict {
  const texts = Object.entries(verdict).map(([name, text]) => [name, redactor.redact(text)] as const);
  return { ...verdict, ...Object.fromEntries(texts.filter(([name]) => name !== "state")) };
}
