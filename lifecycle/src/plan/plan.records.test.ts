import {
  due,
  said,
  zero,
  ATTEMPT,
  FOREIGN,
  UNTAGGED,
  live,
  retiring,
  table,
  wiped,
} from "./testing/plan-table.ts";
import { KEY, RECORD, SECRET, STATUS } from "./testing/view-builder.ts";

const REFUSED = { reason: "SecretRejected", message: "a policy is in the way", transient: false } as const;
const unshaped = {
  ...live,
  secretFields: { shape: "different" },
  pass: { rewritten: true, shapeProblem: REFUSED },
} as const;

table("a Secret that cannot be put right", [
  ["is told of at the end", said(unshaped), "rest: SecretRejected"],
  [
    "keeps no previous key from being revoked",
    {
      ...due,
      ...unshaped,
      statusFields: due.statusFields,
      pass: { ...unshaped.pass, remote: { ak_1: KEY, ak_0: zero } },
    },
    "revoke-key",
    { keyId: "ak_0" },
  ],
]);

const { hint: _unknown, ...UNHINTED } = STATUS;

table("records that disagree", [
  [
    "are checked against the key itself where the status was wiped",
    { ...live, status: wiped },
    "get-key",
    { keyId: "ak_1" },
  ],
  [
    "are rebuilt from a committed Secret",
    { ...live, status: wiped, pass: { remote: { ak_1: KEY } } },
    "Rebuilt",
    { status: { keyId: "ak_1", revision: 1, fingerprint: RECORD.fingerprint } },
  ],
  [
    "are rebuilt with the attempt that the key's own tag names, whatever the annotations say",
    {
      ...live,
      status: wiped,
      secretFields: { record: { ...RECORD, attempt: "attempt9" } },
      pass: { remote: { ak_1: { ...KEY, mode: "test" } } },
    },
    "Rebuilt",
    { status: { keyId: "ak_1", keyAttempt: RECORD.attempt } },
  ],
  [
    "are not rebuilt from a forged key ID of another installation",
    { ...live, status: wiped, pass: { remote: { ak_1: FOREIGN } } },
    "preflight-secret",
  ],
  [
    "are not rebuilt from a forged key ID of a key without a tag",
    {
      ...live,
      status: wiped,
      secretFields: { record: { ...RECORD, keyId: "ak_9" } },
      pass: { remote: { ak_9: UNTAGGED } },
    },
    "preflight-secret",
  ],
  [
    "are rebuilt from a wiped status also around a dead value, so that its key is not forgotten",
    { ...live, status: wiped, secretFields: { hint: "zzzz" }, pass: { remote: { ak_1: KEY } } },
    "Rebuilt",
    { status: { keyId: "ak_1", hint: "zzzz" } },
  ],
  [
    "are not rebuilt around a value that is not the key's, where the status knows another key",
    {
      ...live,
      statusFields: { keyId: "ak_8", fingerprint: "fp:value-0008" },
      secretFields: { hint: "zzzz" },
      pass: { remote: { ak_1: KEY } },
    },
    "preflight-secret",
  ],
  [
    "are not rebuilt from a Secret of an older revision",
    {
      ...live,
      statusFields: { keyId: "ak_8", fingerprint: "fp:value-0008", revision: 2 },
      pass: { remote: { ak_1: KEY } },
    },
    "preflight-secret",
  ],
  [
    "are rebuilt from a Secret of the same revision",
    {
      ...live,
      statusFields: { keyId: "ak_8", fingerprint: "fp:value-0008" },
      pass: { remote: { ak_1: KEY } },
    },
    "Rebuilt",
    { status: { keyId: "ak_1", previous: [{ keyId: "ak_8" }] } },
  ],
  [
    "never have the committed key retire",
    {
      ...live,
      status: { ...wiped, previous: [{ ...retiring, keyId: "ak_1" }, retiring] },
      pass: { remote: { ak_1: KEY } },
    },
    "Rebuilt",
    { status: { keyId: "ak_1", previous: [retiring] } },
  ],
  [
    "have each previous key of a wiped status judged by a GET",
    {
      ...live,
      status: wiped,
      secretFields: { record: { ...RECORD, previous: [{ ...retiring, keyId: "ak_9" }] } },
      pass: { remote: { ak_1: KEY } },
    },
    "get-key",
    { keyId: "ak_9" },
  ],
  [
    "take over no previous key without our tag",
    {
      ...live,
      status: wiped,
      secretFields: { record: { ...RECORD, previous: [{ ...retiring, keyId: "ak_9" }] } },
      pass: { remote: { ak_1: KEY, ak_9: UNTAGGED } },
    },
    "Rebuilt",
    { status: { previous: [] } },
  ],
  [
    "have stripped annotations rewritten, with nothing minted",
    { ...live, secretFields: { owner: "none", record: undefined, shape: "different" } },
    "rewrite-secret",
  ],
  ["have the Secret looked at first", { ...live, secret: { state: "unread" } }, "read-secret"],
  [
    "have labels, annotations or entries put right that are not as declared",
    { ...live, secretFields: { shape: "different" } },
    "rewrite-secret",
    { why: "Restored", guard: { uid: SECRET.uid, resourceVersion: SECRET.resourceVersion } },
  ],
  [
    "have a lost annotation of the owner rewritten",
    { ...live, secretFields: { owner: "none" } },
    "rewrite-secret",
  ],
  ["have a lost record rewritten", { ...live, secretFields: { record: undefined } }, "rewrite-secret"],
  [
    "leave a Secret alone that names another owner, although it holds the value",
    said({ ...live, secretFields: { owner: "other" } }),
    "rest: KeyDelivered",
  ],
  [
    "are not put right while an attempt is under way",
    said({ ...live, secretFields: { shape: "different" }, statusFields: { attempt: ATTEMPT } }),
    "rest: AttemptPending",
  ],
  [
    "are not put right while nobody knows what is declared",
    said({ ...live, secretFields: { shape: "different" }, desired: REFUSED }),
    "rest: SecretRejected",
  ],
  [
    "are not put right from a status that knows too little",
    said({ ...live, secretFields: { shape: "different" }, status: UNHINTED }),
    "rest: KeyDelivered",
  ],
  [
    "have a forged key ID beside the right value rewritten",
    { ...live, secretFields: { record: { ...RECORD, keyId: "ak_9" } } },
    "rewrite-secret",
  ],
  [
    "leave another attempt's lock where they are rebuilt",
    { ...live, status: { ...wiped, attempt: ATTEMPT }, pass: { remote: { ak_1: KEY } } },
    "Rebuilt",
    { status: { attempt: ATTEMPT } },
  ],
]);
