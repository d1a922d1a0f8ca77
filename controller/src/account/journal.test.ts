import { Registry } from "@prometheus-io/client";
import pino from "pino";
import { expect, test } from "vitest";
import { controllerMetrics } from "../metrics.ts";
import { ACCOUNT_DOCUMENTS, type AccountDocument } from "./document.ts";
import { AccountJournal } from "./journal.ts";

const ACCEPTED = { accountId: "acc_1", origin: "https://api.example.com", liveMode: "enabled" } as const;
const REFUSED = { reason: "InvalidToken", message: "no", transient: false } as const;

/** An Account whose status says this of it. */
function account(reason?: string): AccountDocument {
  const conditions =
    reason === undefined
      ? []
      : [{ type: "Ready", status: "True", reason, message: "", lastTransitionTime: "2026-01-01T00:00:00Z" }];
  return ACCOUNT_DOCUMENTS.Account.schema.parse({
    apiVersion: "signatureapi.com/v1",
    kind: "Account",
    metadata: { namespace: "shop", name: "default", uid: "u", resourceVersion: "1", generation: 1 },
    spec: { credentials: { name: "token" } },
    status: { conditions },
  });
}

/** The reasons of the events that looks at an account have made. */
function eventsOf(looks: readonly (readonly [AccountDocument, typeof ACCEPTED | typeof REFUSED])[]) {
  const events: string[] = [];
  const sink = { record: (_object: object, { reason }: { reason: string }) => void events.push(reason) };
  const journal = new AccountJournal(pino({ enabled: false }), sink, controllerMetrics(new Registry()));
  for (const [object, state] of looks) journal.judged(object, state);
  return events;
}

test.each([
  ["a new account", [[account(), ACCEPTED]], ["AccountReady"]],
  ["what the status says already, after a restart", [[account("AccountReady"), ACCEPTED]], []],
  ["a change since the process was stopped", [[account("AccountReady"), REFUSED]], ["InvalidToken"]],
  [
    "the same, looked at again",
    [
      [account(), ACCEPTED],
      [account("AccountReady"), ACCEPTED],
    ],
    ["AccountReady"],
  ],
  [
    "a change and its end, also where the cached status lags behind",
    [
      [account("AccountReady"), ACCEPTED],
      [account("AccountReady"), REFUSED],
      [account("AccountReady"), ACCEPTED],
    ],
    ["InvalidToken", "AccountReady"],
  ],
] as const)("events of %s", (_name, looks, events) => {
  expect(eventsOf(looks)).toEqual(events);
});
