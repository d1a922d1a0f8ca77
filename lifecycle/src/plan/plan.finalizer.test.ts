import {
  ABSENT,
  ATTEMPT,
  FINALIZED,
  gone,
  live,
  OLD,
  retiring,
  said,
  table,
  wiped,
} from "./testing/plan-table.ts";
import { SECRET, type ViewChanges } from "./testing/view-builder.ts";

/** An object whose finalizer was taken off. */
const bare = (changes: ViewChanges = {}): ViewChanges => ({
  ...live,
  ...changes,
  objectFields: { ...live.objectFields, finalizer: false, ...changes.objectFields },
});

table("a finalizer that was taken off", [
  ["comes back where a key is delivered", bare(), "add-finalizer"],
  [
    "is no reason to trust a cache that may lag behind",
    bare({ objectFields: { read: "cached" } }),
    "read-object",
  ],
  ["comes back where a key retires", bare({ status: { ...wiped, previous: [retiring] } }), "add-finalizer"],
  [
    "comes back where an attempt is pending",
    bare({ status: { ...wiped, attempt: ATTEMPT } }),
    "add-finalizer",
  ],
  [
    "comes back where an attempt was abandoned",
    bare({ status: { ...wiped, abandoned: [OLD] } }),
    "add-finalizer",
  ],
  ["comes back where the status was lost and a Secret is ours", bare({ status: wiped }), "add-finalizer"],
  ["comes back although the ApiKey is suspended", bare({ desired: { suspend: true } }), "add-finalizer"],
  [
    "stays off where nothing was ever asked for",
    said({
      objectFields: { read: "live" },
      status: wiped,
      secret: ABSENT,
      desired: { suspend: true },
    }),
    "rest: Suspended",
  ],
  [
    "is not put twice",
    said({ ...live, objectFields: { ...live.objectFields, ...FINALIZED } }),
    "rest: KeyDelivered",
  ],
]);

table("a deletion that another finalizer delays, without ours", [
  ["goes on with the keys", { ...gone, objectFields: { deleting: true } }, "get-key", { keyId: "ak_1" }],
  [
    "is over once the Secret is gone",
    { ...live, objectFields: { deleting: true }, secret: ABSENT },
    "rest: silent",
  ],
  [
    "leaves what is another ApiKey's",
    { ...live, objectFields: { deleting: true }, status: wiped, secret: { ...SECRET, owner: "other" } },
    "rest: silent",
  ],
]);
