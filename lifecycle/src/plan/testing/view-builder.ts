import type { RemoteKey } from "../../evidence.ts";
import { ownerOf } from "../../identity.ts";
import { withTag } from "../../tag.ts";
import { DEFAULT_TIMING } from "../../timing.ts";
import { isProblem, type Problem } from "../view/problem.ts";
import { newPass, type PassView } from "../view/pass.ts";
import type { AccountView } from "../view/account.ts";
import type { CommitRecord, PresentSecret, SecretView } from "../view/secret.ts";
import type { DesiredKey } from "../view/desired.ts";
import type { PendingCommit } from "../commit/state.ts";
import type { ObjectView } from "../view/object.ts";
import type { StatusRecord } from "../view/status.ts";
import { isPresent, type PresentView, type View } from "../view/view.ts";
import { DESIRED } from "../../model/declare.ts";

export const NOW = Date.UTC(2026, 10, 1, 12);
const INSTALLATION = "0123456789";
export const OWNER = ownerOf("uid-1");
export const FRESH = "freshaaa";

/** What a test says of its view; everything else is a fresh, declared, live ApiKey without a Secret. */
export interface ViewChanges {
  readonly desired?: Partial<DesiredKey> | Problem;
  readonly deletion?: Partial<ObjectView["deletion"]>;
  readonly status?: StatusRecord;
  readonly statusFields?: Partial<StatusRecord>;
  readonly objectFields?: Partial<ObjectView>;
  readonly secret?: SecretView;
  readonly secretFields?: Partial<PresentSecret>;
  readonly account?: Partial<AccountView>;
  readonly pass?: Partial<PassView>;
  readonly view?: Partial<View>;
}

/** A key of this owner as a GET shows it. */
export function keyNamed(id: string, attempt: string, revision = 1): RemoteKey {
  const tag = { installation: INSTALLATION, owner: OWNER, revision, attempt };
  return {
    id,
    description: withTag("Checkout service", tag),
    mode: "live",
    status: "active",
    createdAt: NOW - 600_000,
    hint: "0001",
  };
}

export const KEY = keyNamed("ak_1", "attempt2");

/** What the Secret of {@link delivered} records. */
export const RECORD: CommitRecord = {
  keyId: KEY.id,
  accountId: "acc_1",
  revision: 1,
  attempt: "attempt2",
  fingerprint: "fp:value-0001",
  hint: "0001",
  createdAt: KEY.createdAt,
  committedAt: NOW - 590_000,
  previous: [],
  obeyedTrigger: "",
  obeyedEmergency: "",
};

export const STATUS: StatusRecord = {
  installation: INSTALLATION,
  accountId: "acc_1",
  keyId: KEY.id,
  keyAttempt: "attempt2",
  mode: "live",
  fingerprint: RECORD.fingerprint,
  hint: RECORD.hint,
  revision: 1,
  createdAt: KEY.createdAt,
  recordedAt: NOW - 589_000,
  secretName: "checkout",
  emergency: "",
  abandoned: [],
  previous: [],
};

export const SECRET: PresentSecret = {
  state: "present",
  read: "live",
  uid: "secret-1",
  resourceVersion: "20",
  owner: "this",
  record: RECORD,
  fingerprint: RECORD.fingerprint,
  hint: RECORD.hint,
  previous: undefined,
  entries: [RECORD.fingerprint],
  foreign: [],
  taken: undefined,
  immutable: false,
  shape: "declared",
  touchedFor: undefined,
};

/** The changes that make an ApiKey whose key is delivered. */
export function delivered(): ViewChanges {
  return { status: STATUS, secret: SECRET, objectFields: { finalizer: true, observedGeneration: 1 } };
}

/** A pending commit, minted under the attempt that the status names. */
export function pendingCommitOf(changes: Partial<PendingCommit> = {}): PendingCommit {
  return {
    attempt: { id: "attempt3", op: "create", revision: 1, startedAt: NOW - 1_000, reason: "Declared" },
    keyId: "ak_2",
    fingerprint: "fp:value-0002",
    hint: "0002",
    createdAt: NOW - 500,
    receivedAt: NOW - 400,
    failures: 0,
    state: { phase: "unwritten", lock: "held" },
    ...changes,
  };
}

function desiredFrom(changes: Partial<DesiredKey> | Problem): DesiredKey | Problem {
  return isProblem(changes) ? changes : { ...DESIRED, ...changes };
}

/** As {@link buildView}, of an object that exists. */
export function buildPresent(changes: ViewChanges = {}): PresentView {
  const view = buildView(changes);
  if (!isPresent(view)) throw new TypeError("the view is of an object that is gone");
  return view;
}

/** A view for a table: what the changes do not say is as for an ApiKey that was just declared. */
export function buildView(changes: ViewChanges = {}): View {
  const secret = changes.secret ?? { state: "absent", read: "live" };
  const object: ObjectView = {
    state: "present",
    read: "live",
    uid: "uid-1",
    resourceVersion: "10",
    generation: 1,
    observedGeneration: 0,
    finalizer: false,
    deleting: false,
    namespaceTerminating: false,
    abandon: false,
    desired: desiredFrom(changes.desired ?? {}),
    deletion: { policy: "Revoke", protection: false, ...changes.deletion },
    status: { ...(changes.status ?? { revision: 0, abandoned: [], previous: [] }), ...changes.statusFields },
    verdict: undefined,
    ...changes.objectFields,
  };
  return {
    now: NOW,
    timing: DEFAULT_TIMING,
    installation: INSTALLATION,
    owner: OWNER,
    readOnly: false,
    object,
    secretClaimedBy: undefined,
    secret: secret.state === "present" ? { ...secret, ...changes.secretFields } : secret,
    account: {
      usable: { accountId: "acc_1" },
      mintProblem: undefined,
      tagsVerified: true,
      ...changes.account,
    },
    pass: { ...newPass(FRESH), allowance: "granted", ...changes.pass },
    ...changes.view,
  };
}
