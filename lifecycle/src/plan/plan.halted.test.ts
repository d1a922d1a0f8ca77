import { ATTEMPT, DELETING, live, retiring, said, table, wiped } from "./testing/plan-table.ts";
import { pendingCommitOf, RECORD, STATUS } from "./testing/view-builder.ts";

const INVALID = { reason: "InvalidSpec", message: "no such mode", transient: false } as const;
/** Its installation shows that it had a key; which one, only its Secret says. */
const pinnedOnly = { ...wiped, installation: "0123456789" };
const { keyAttempt: _unknown, ...withoutAttempt } = STATUS;
const other = { ...RECORD, keyId: "ak_7", fingerprint: "fp:value-0007" };

for (const [what, reason, desired] of [
  ["is suspended", "Suspended", { suspend: true }],
  ["cannot be followed", "InvalidSpec", INVALID],
] as const) {
  table(`a Secret of an ApiKey whose spec ${what}`, [
    [
      "is no reason to ask for the key of a lost status",
      said({ ...live, status: pinnedOnly, desired }),
      `rest: ${reason}`,
    ],
    [
      "is no reason to ask for keys that it claims to retire",
      said({
        ...live,
        status: pinnedOnly,
        desired,
        secretFields: { record: { ...RECORD, previous: [retiring] }, fingerprint: "fp:other" },
      }),
      `rest: ${reason}`,
    ],
    [
      "is no reason to ask for another key than the recorded one",
      said({ ...live, desired, secretFields: { record: other, fingerprint: other.fingerprint } }),
      `rest: ${reason}`,
    ],
    [
      "is one to ask for the key of an attempt that was cut off",
      { ...live, desired, status: { ...pinnedOnly, attempt: { ...ATTEMPT, id: RECORD.attempt } } },
      "get-key",
    ],
    [
      "is one to ask for its key at the deletion",
      { ...live, status: pinnedOnly, desired, objectFields: DELETING },
      "get-key",
    ],
  ]);
}

table("a Secret of a suspended ApiKey that has lost its record", [
  [
    "is written again, since nothing has to be asked for that",
    { ...live, desired: { suspend: true }, secretFields: { record: undefined, owner: "none" } },
    "rewrite-secret",
  ],
  [
    "waits where the key would have to be asked for",
    said({
      ...live,
      desired: { suspend: true },
      status: withoutAttempt,
      secretFields: { record: undefined, owner: "none" },
    }),
    "rest: KeyDelivered",
  ],
]);

table("a pending commit of an ApiKey that was suspended meanwhile", [
  [
    "asks for the keys that only the Secret names before it replaces them",
    {
      ...live,
      desired: { suspend: true },
      status: { ...pinnedOnly, attempt: pendingCommitOf().attempt },
      secretFields: { record: { ...RECORD, previous: [retiring] } },
      pass: { pendingCommit: pendingCommitOf(), ownAttempt: pendingCommitOf().attempt.id },
    },
    "get-key",
  ],
]);
