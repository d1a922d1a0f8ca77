import {
  ABSENT,
  abandoned,
  FOREIGN,
  live,
  pinned,
  PROBLEM,
  retiring,
  said,
  table,
} from "./testing/plan-table.ts";
import { KEY, keyNamed, STATUS } from "./testing/view-builder.ts";

const zero = keyNamed("ak_0", "attempt5");
const OLD_NAME = "ffffffffff";
const moved = {
  ...live,
  status: { ...STATUS, installation: OLD_NAME },
  view: { previousInstallations: [OLD_NAME] },
};
const elsewhere = { ...zero, description: zero.description.replace("0123456789", OLD_NAME) };
const two = { ...moved, status: { ...moved.status, previous: [{ ...retiring, revokeAt: Infinity }] } };

const VERDICT = { ready: true, reason: "RolloutPending", message: "", progress: "reconciling" } as const;

table("an ApiKey of an installation that has moved here", [
  ["is not taken over unless that is said", { ...moved, view: {} }, "rest: ManagedByAnother"],
  ["has each of its keys asked for", moved, "get-key"],
  [
    "has its key tagged anew",
    { ...moved, pass: { remote: { ak_1: FOREIGN } } },
    "describe-key",
    { why: "Moved", keyId: "ak_1", description: KEY.description },
  ],
  [
    "has its retiring keys tagged anew too",
    { ...two, pass: { remote: { ak_1: KEY, ak_0: elsewhere } } },
    "describe-key",
    { why: "Moved", keyId: "ak_0", description: zero.description },
  ],
  [
    "names this installation only when all of them are",
    { ...two, pass: { remote: { ak_1: KEY, ak_0: zero } } },
    "Moved",
    { status: { installation: "0123456789", keyId: "ak_1" } },
  ],
  [
    "waits until its account can be used",
    said({ ...moved, account: { usable: PROBLEM } }),
    "rest: RateLimited",
  ],
  [
    "without a key names this installation at once",
    { ...moved, status: { ...pinned, installation: OLD_NAME }, secret: ABSENT },
    "Moved",
    { verdict: { reason: "KeyDelivered" } },
  ],
  [
    "keeps its conditions until the next look",
    {
      ...moved,
      objectFields: { ...live.objectFields, verdict: VERDICT },
      pass: { remote: { ak_1: KEY } },
    },
    "Moved",
    { verdict: VERDICT },
  ],
  [
    "leaves a key alone whose tag was removed",
    { ...moved, pass: { remote: { ak_1: { ...KEY, description: "edited" } } } },
    "Moved",
  ],
  [
    "leaves a key alone that is tagged for a third one",
    {
      ...moved,
      pass: {
        remote: { ak_1: { ...FOREIGN, description: FOREIGN.description.replace(OLD_NAME, "eeeeeeeeee") } },
      },
    },
    "Moved",
  ],
  [
    "has its attempts recovered first",
    { ...moved, status: { ...moved.status, abandoned: abandoned().abandoned } },
    "touch-secret",
  ],
]);
