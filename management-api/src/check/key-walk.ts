import { isRecord } from "../contract/mapping/move.ts";
import type { KeyValue } from "../key-value.ts";
import { listAll } from "./list-all.ts";
import { MadeKeys, type Left } from "./made-keys.ts";
import type { Asked, Probe } from "./probe.ts";
import { keysOf } from "./read-walk.ts";
import type { Observation, Seen, Step } from "./seen.ts";

export interface TestKeyOptions {
  readonly signal: AbortSignal;
  /** Eight characters of `a-z2-7` that no other run has. */
  readonly marker: string;
  /** How long a new key may be invisible, in milliseconds. */
  readonly visibleWithinMs: number;
  /** How long to wait between two looks, in milliseconds. */
  readonly pollMs: number;
  /** Hears at the end what could not be undone. */
  readonly onLeft: (left: Left) => void;
}

/** The contract's longest description, in code points. */
const LONGEST_DESCRIPTION = 255;
const WOULD = "revoke the test key in the dashboard, or use an account without one, and run the check again";

/**
 * Creates a test key, changes, rolls and revokes it. It refuses to where the account has a test key already. Whatever
 * happens, what it has made is revoked at the end.
 */
export async function walkTestKey(probe: Probe, seen: Seen, options: TestKeyOptions): Promise<void> {
  const before = await listAll(probe, options.signal);
  if (before === undefined) {
    seen.noTestKey = {
      why: "the keys of the account could not be listed completely, so it may have a test key",
      would: "the rows about lists, once they hold",
    };
    return;
  }
  const others = [...before, ...keysOf(seen.steps.testOnly), ...keysOf(seen.steps.list)];
  // A key of a mode that is unknown may be the test key, too.
  if (others.some(({ mode }) => mode !== "live")) {
    seen.noTestKey = { why: "the account has a test key already, which is left alone", would: WOULD };
    return;
  }
  const made = new MadeKeys(options.marker, before);
  try {
    await live(probe, seen, made, options);
  } finally {
    options.onLeft(await made.undo(probe, options.pollMs));
  }
}

async function live(probe: Probe, seen: Seen, made: MadeKeys, options: TestKeyOptions): Promise<void> {
  const { signal, marker } = options;
  /** What changes something is completed once it was begun, so that its outcome is known. */
  const change = async (step: Step, asked: Asked): Promise<Observation> => {
    signal.throwIfAborted();
    return (seen.steps[step] = await probe.ask(asked));
  };
  const look = async (step: Step, id: string): Promise<Observation> =>
    (seen.steps[step] = await probe.ask({ operation: "getApiKey", apiKeyId: id }, signal));
  const tryValue = async (step: Step, value: KeyValue): Promise<Observation> =>
    (seen.steps[step] = await probe.tryValue(value, signal));
  const create = async (step: Step, description: string): Promise<string | undefined> => {
    signal.throwIfAborted();
    made.requested();
    const answer = await change(step, { operation: "createApiKey", body: { mode: "test", description } });
    return made.answered(answer);
  };

  const sent = descriptions(marker);
  seen.sent = sent;
  const id = await create("create", sent.created);
  if (id === undefined) return;
  await watch(probe, seen, id, options);
  if (seen.steps.key === undefined) await readAgain(probe, seen, signal);
  await create("createAgain", sent.created);
  const value = seen.steps.create?.minted?.value;
  const works = value === undefined ? undefined : await tryValue("works", value);
  await change("update", { operation: "updateApiKey", apiKeyId: id, body: { description: sent.updated } });
  await look("updated", id);
  const roll = await change("roll", { operation: "rollApiKey", apiKeyId: id });
  if (value !== undefined && works?.status === 200) await tryValue("oldValue", value);
  const revoke = await change("revoke", { operation: "revokeApiKey", apiKeyId: id });
  const after = await look("revoked", id);
  const gone = after.status === 404 || (isRecord(after.body) && after.body["status"] === "revoked");
  if (revoke.status === 204 && gone) made.revoked(id);
  const listed = await listAll(probe, signal);
  if (listed !== undefined) seen.stillListed = listed.some((key) => key["id"] === id);
  await change("revokeAgain", { operation: "revokeApiKey", apiKeyId: id });
  const last = roll.minted?.value ?? value;
  if (last !== undefined && works?.status === 200) await tryValue("revokedValue", last);
}

/** What users write into descriptions, and what a service may change: letters beyond ASCII, quotes, markup, the tag. */
function descriptions(marker: string): { created: string; updated: string } {
  const tag = `[ak:c0ffee0000.${"0".repeat(16)}:1:${marker}]`;
  const created = `Contract check, safe to revoke: ü 'x' <y> & "z" ${tag}`;
  const fill = "é".repeat(LONGEST_DESCRIPTION - Array.from(created).length);
  return { created, updated: `${fill}${created}` };
}

/** In an account that had no keys, the reads have shown none. */
async function readAgain(probe: Probe, seen: Seen, signal: AbortSignal): Promise<void> {
  const list = (query: string) => probe.ask({ operation: "listApiKeys", query }, signal);
  seen.steps.list = await list(probe.names.listQuery({}));
  seen.steps.testOnly = await list(probe.names.listQuery({ mode: "test" }));
  seen.steps.liveOnly = await list(probe.names.listQuery({ mode: "live" }));
  if (seen.steps.created !== undefined) seen.steps.key = seen.steps.created;
}

async function watch(
  probe: Probe,
  seen: Seen,
  id: string,
  { signal, visibleWithinMs, pollMs }: TestKeyOptions,
): Promise<void> {
  const started = probe.now();
  const until = async (look: () => Promise<boolean>): Promise<number | null> => {
    while (!(await look())) {
      if (probe.now() - started >= visibleWithinMs) return null;
      await probe.wait(pollMs, signal);
    }
    return probe.now() - started;
  };
  seen.visibleMs = await until(async () => {
    seen.steps.created = await probe.ask({ operation: "getApiKey", apiKeyId: id }, signal);
    return seen.steps.created.status === 200;
  });
  seen.listedMs = await until(async () =>
    ((await listAll(probe, signal)) ?? []).some((key) => key["id"] === id),
  );
}
