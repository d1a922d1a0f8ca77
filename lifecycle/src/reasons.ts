/** What a reason of a condition or an event means; the page docs/reasons.md is generated from this. */
interface Explained {
  /** What happened. */
  readonly happened: string;
  /** What to do next. */
  readonly advice: string;
}

/** Every reason that a condition of ours can carry, with what it means and what to do: the one list. */
export const REASONS = {
  KeyDelivered: {
    happened: "The key is active, and the Secret holds its value.",
    advice: "Nothing to do.",
  },
  AccountReady: {
    happened: "The management API accepts the credentials, and their user may manage API keys.",
    advice: "Nothing to do.",
  },
  Minting: {
    happened: "An attempt to mint a key is recorded, and the controller requests the key.",
    advice: "Wait some seconds. If the reason stays, read the controller's log.",
  },
  Adopting: {
    happened:
      "The key that spec.adopt names carries the controller's tag. If the tag is still there after 45 seconds, the controller takes the key over.",
    advice: "Wait for the time that the message names.",
  },
  AdoptionUndone: {
    happened:
      "An adoption was cut off, or another ApiKey got the key. The controller restores the key's description. It never revokes the key itself.",
    advice: "Nothing to do. If spec.adopt still asks for the key, the controller tries again.",
  },
  AdoptionNotAllowed: {
    happened:
      "No adoptKeyIds of the account lists the key that spec.adopt names. The controller did not look at the key.",
    advice:
      "Ask the administrator of the account to list the ID: in spec.adoptKeyIds of an Account, or in a line of spec.allow of a ClusterAccount that matches namespace and mode.",
  },
  AdoptionRefused: {
    happened:
      "The controller cannot adopt the key that spec.adopt names; the message says why. Neither key nor Secret was touched.",
    advice: "Do what the message says. To get a new key instead, remove spec.adopt. See docs/adoption.md.",
  },
  AttemptPending: {
    happened:
      "An earlier attempt to mint was cut off. The controller leaves it alone until its writer can no longer act.",
    advice: "Wait two minutes: the controller recovers automatically.",
  },
  CreateOutcomeUnknown: {
    happened: "A request for a new key got no clear answer, so a key may exist whose value no process has.",
    advice:
      "Wait: the controller lists the account's keys twice, revokes what the attempt left, and then tries again.",
  },
  KeyNotVisible: {
    happened:
      "The management API does not show a key that was made or replaced less than a minute ago: its reads may lag behind its writes.",
    advice:
      "Nothing to do: the controller looks for the key again, and believes that it is gone only after 45 seconds.",
  },
  RetirementPending: {
    happened: "The key is delivered, and a previous one waits for the end of its overlap.",
    advice: "Nothing to do.",
  },
  RolloutPending: {
    happened:
      "The key is delivered. The overlap of a previous key has passed, but that key stays active until the restarted workloads have replaced their Pods.",
    advice: "Wait: the controller revokes the previous key as soon as the rollouts are complete.",
  },
  RolloutStuck: {
    happened:
      "The key is delivered. A previous key is not revoked, because the rollout of a workload that uses it does not complete. The workload is paused, OnDelete, partitioned, rolled back, or past its deadline.",
    advice:
      "Do what the message says about each workload. If what manages the workload reverts a restart, restart it there. To stop waiting for a workload, remove the label restart.signatureapi.com/<ApiKey> from it.",
  },
  RestartFailed: {
    happened:
      "The key is delivered, but the controller could not restart a labelled workload. Until it can, a previous key is not revoked.",
    advice:
      "Remove the obstacle that the message names, such as a missing right or an admission policy. The controller retries automatically. Or restart the workload by hand.",
  },
  SecretInUse: {
    happened:
      "The key is delivered. The overlap of a previous key has passed, but Pods that use the Secret are older than the new value, so that key stays active (spec.rotation.holdWhileInUse).",
    advice: "Restart the Pods that the message names, or set spec.rotation.holdWhileInUse to false.",
  },
  TooManyRetiring: {
    happened:
      "The key is delivered, and a scheduled rotation is due. It waits, because 50 previous keys or more are still active.",
    advice:
      "Shorten spec.rotation.overlap, or find out what asks for so many keys: triggers, or what deletes or edits the Secret. The rotation follows as soon as enough previous keys are revoked. A trigger or the annotation signatureapi.com/emergency-rotate still replaces the key.",
  },
  PodAccessMissing: {
    happened:
      "spec.rotation.holdWhileInUse is true, but the controller may not list Pods. Nothing is minted, and a previous key is not revoked.",
    advice:
      "Ask an administrator to allow it: podAccess: list in the chart, or --pod-access list and the right to list Pods. Or set the field to false.",
  },
  Deleting: {
    happened: "The ApiKey is being deleted, and its keys are being revoked.",
    advice: "Nothing to do. If the reason stays, the message says what blocks the deletion.",
  },
  DeletionProtected: {
    happened: "The ApiKey was deleted while spec.deletionProtection is true, so its key stays active.",
    advice: "To have the key revoked, set spec.deletionProtection to false.",
  },
  RetainNotAllowed: {
    happened:
      "spec.deletionPolicy is Retain, and the ClusterAccount does not let this namespace leave keys active. Nothing was minted, or the deletion waits.",
    advice:
      "Set spec.deletionPolicy to Revoke, or ask the administrator of the ClusterAccount for a line of spec.allow with retain: true.",
  },
  InvalidSpec: {
    happened: "A field of the spec has a value that cannot be used. Nothing was minted.",
    advice: "Correct the field that the message names.",
  },
  NamespaceReserved: {
    happened: "The ApiKey is in a namespace into which the controller writes no keys.",
    advice: "Declare the ApiKey in the namespace of the workload that uses it.",
  },
  SecretNameNotAllowed: {
    happened:
      "The Secret would have a name that another component looks for, such as that of a Helm release. Nothing was minted.",
    advice: "Set another spec.secret.name in a new ApiKey.",
  },
  SecretTypeNotAllowed: {
    happened: "spec.secret.type names a type that has a meaning for other components.",
    advice:
      "Use Opaque, or ask an administrator to list the type in --allowed-secret-types. If the message says that no flag allows it, use another type.",
  },
  SecretMetadataNotAllowed: {
    happened:
      "spec.secret.labels or .annotations sets a name that no flag allows, or that has a meaning for other components.",
    advice:
      "Remove the name, or ask an administrator to list it, or its prefix, in --allowed-secret-metadata. If the message says that no flag allows it, use another name.",
  },
  SecretConflict: {
    happened: "The Secret that the ApiKey names exists, and does not belong to it. It was not touched.",
    advice:
      "Delete or rename that Secret, or set another spec.secret.name in a new ApiKey. If the Secret holds the value of a key that you want to keep, adopt that key. See docs/adoption.md.",
  },
  SecretEntryConflict: {
    happened:
      "The Secret has an entry that the controller has not written, with a name that spec.secret declares (key, previousKey or template). It was not overwritten. Nothing is minted, and a delivered key stays.",
    advice: "Remove or rename that entry, or declare another name in spec.secret.",
  },
  SecretAltered: {
    happened:
      "An admission policy or webhook changes the Secret as the controller writes it. A first key is not minted. A delivered key stays, and is rotated and healed.",
    advice:
      "Exempt the Secrets with the label signatureapi.com/apikey from the policy that changes what the message names. The controller tries again every ten minutes.",
  },
  SecretContested: {
    happened:
      "The value in the Secret was edited, or the Secret deleted, twice or more within an hour. The controller made a new key each time. The message names the field managers that had set the value.",
    advice:
      "Stop the other writer, such as a sync tool or a pipeline, or declare another spec.secret.name in a new ApiKey. After five keys within an hour, no more are made (MintBudgetExhausted).",
  },
  SecretImmutable: {
    happened: "The Secret is marked immutable, so no new value can be written to it.",
    advice: "Delete the Secret. The controller then writes a new one.",
  },
  KubernetesAPIUnavailable: {
    happened: "The ApiKey itself could not be read or written. Nothing was minted for this reason.",
    advice:
      "Read the message: the API server is unreachable or overloaded, or a right was withdrawn. The controller retries automatically.",
  },
  SecretRejected: {
    happened: "RBAC, a quota or an admission policy refused the dry run of the Secret. Nothing was minted.",
    advice: "Remove the obstacle that the message names. The controller retries automatically.",
  },
  AccountNotFound: {
    happened: "The Account or ClusterAccount that spec.accountRef names does not exist.",
    advice: "Create it, or correct the reference in a new ApiKey.",
  },
  AccountNotReady: {
    happened: "The Account or ClusterAccount exists, but cannot be used now.",
    advice: "Check its own Ready condition.",
  },
  AccountChanged: {
    happened:
      "The credentials or the base URL name another account than before. Nothing is changed in either.",
    advice: "Restore the old credentials. For another account, declare another Account.",
  },
  AccountSuspended: {
    happened:
      "spec.suspend of the account is true, or that of a ClusterAccount for the same vendor account, so nothing is minted.",
    advice: "To continue, set it to false.",
  },
  NotAllowed: {
    happened:
      "No line of the ClusterAccount's spec.allow allows this mode in this namespace, or the controller may not read the namespace's labels.",
    advice:
      "Ask an administrator to add a line, or label the namespace as a line requires. If the message names a right that is missing, grant it to the controller.",
  },
  Suspended: {
    happened:
      "spec.suspend is true, so nothing is minted. Due revocations, the recovery of attempts and deletion continue.",
    advice: "To continue, set it to false.",
  },
  CredentialsNotFound: {
    happened: "The Secret with the management token does not exist.",
    advice: "Create it in the namespace that the message names.",
  },
  CredentialsNotLabelled: {
    happened: "The Secret with the management token lacks the label that allows this use.",
    advice: 'Label it signatureapi.com/credential: "true".',
  },
  CredentialsKeyMissing: {
    happened:
      "The Secret with the management token has no usable entry with the name in spec.credentials.key.",
    advice: "Add the entry, or correct spec.credentials.key.",
  },
  InvalidToken: {
    happened: "The management API does not accept the token.",
    advice: "Write a valid token into the credentials Secret; no restart is needed.",
  },
  PermissionDenied: {
    happened: "The token lacks the permission Manage API keys.",
    advice: "Give its user the role Integration or Owner, for test keys at least Development.",
  },
  InvalidBaseURL: {
    happened: "spec.baseUrl is not a usable URL.",
    advice: "Set an https URL without user, query and fragment.",
  },
  BaseURLNotAllowed: {
    happened: "The flag --allowed-base-urls does not cover spec.baseUrl. The token was not sent there.",
    advice: "Use the vendor's URL, or ask an administrator to add this one.",
  },
  AddressNotAllowed: {
    happened:
      "The host of spec.baseUrl is at an address that the controller must not call, such as a private one. No token was sent there.",
    advice:
      "Correct the DNS or spec.baseUrl. If the address is right, for example in a service mesh, ask an administrator to add its range to the flag --allowed-address-ranges.",
  },
  CABundleNotFound: {
    happened:
      "The ConfigMap in spec.caBundleConfigMapRef, or its entry, does not exist or must not be read. No token was sent.",
    advice:
      "Create it in the namespace that the message names. The controller looks for it every few seconds.",
  },
  InvalidCABundle: {
    happened:
      "spec.caBundle, or the entry in spec.caBundleConfigMapRef, is no list of PEM certificates. No token was sent.",
    advice: "Write complete certificates one after the other, without a private key.",
  },
  UnexpectedAnswer: {
    happened: "The server at the base URL is not the management API.",
    advice: "Check spec.baseUrl, and any proxy between the cluster and that URL.",
  },
  ManagementAPIUnavailable: {
    happened: "The management API cannot be reached, or fails.",
    advice: "Nothing is lost. The controller retries automatically.",
  },
  RateLimited: {
    happened:
      "The management API refuses requests because there are too many, or the ApiKey waits for its turn because more ApiKeys need a key than spec.rateLimit allows at once.",
    advice:
      "Nothing is lost, and it continues by itself. If the API keeps refusing, lower spec.rateLimit of the account.",
  },
  LiveModeDisabled: {
    happened: "The account cannot have live keys, because it is not upgraded or has no payment method.",
    advice: "Upgrade it in the vendor's dashboard, or use mode: test.",
  },
  LiveModePaused: {
    happened: "The account's live mode is paused.",
    advice: "Resolve what the vendor's dashboard shows. The controller retries automatically.",
  },
  TestKeyExists: {
    happened: "The account has its one test key already.",
    advice:
      "Share the Secret of the ApiKey that owns it, adopt it with spec.adopt, or revoke it in the dashboard.",
  },
  MintBudgetExhausted: {
    happened:
      "Too many keys were minted within an hour: five for this ApiKey without a user's request, five in emergencies, or more than the budget of its namespace or account.",
    advice:
      "Find out what deletes or edits the Secret, or what creates, deletes or rotates in a loop. The message says when the next key is minted. If a fleet needs more, raise --namespace-mint-budget or --account-mint-budget.",
  },
  KeyLimitReached: {
    happened:
      "The namespace has as many keys as a ClusterAccount's spec.allow[].maxKeys allows it, retiring ones included, and those of ApiKeys that were deleted without their finalizer. Nothing was minted.",
    advice:
      "Delete an ApiKey that you do not need, or wait until a retiring key is revoked (the message says when). Revoke the keys that status.leftKeys of the account names. Or ask an administrator to raise maxKeys.",
  },
  MintRejected: {
    happened: "The management API refused to create the key.",
    advice: "Do what the message says. The controller retries automatically.",
  },
  WrongMode: {
    happened:
      "The management API answered with a key of another mode than requested. The controller revokes that key.",
    advice: "Report it to the vendor.",
  },
  TagNotPreserved: {
    happened: "The management API changed the description of a key, so the key could no longer be traced.",
    advice:
      "Report it to the vendor. Nothing more is minted until you edit the account's spec, to confirm that it is fixed.",
  },
  KeysVanished: {
    happened:
      "The inventory found more of the account's keys revoked or gone than it heals automatically. Nothing is minted.",
    advice:
      "Find out who revoked them. To have them replaced, edit the spec of the object that the message names, for instance set spec.suspend to true and back to false.",
  },
  UnaccountedKeys: {
    happened:
      "Active keys carry this installation's tag, and no record knows them: after a restore, in a clone, or because an ApiKey was taken away from the controller.",
    advice:
      "Look at them with kubectl signatureapi orphans. Revoke them with it, or in the vendor's dashboard, once nothing uses them. Or set spec.orphans of the ClusterAccount to Revoke.",
  },
  ForeignKey: {
    happened: "A recorded key ID belongs to a key that is not provably ours. It was not touched.",
    advice: "Find out who changed the record or the key's description, then correct it.",
  },
  ManagedByAnother: {
    happened: "Another installation of the controller manages this ApiKey.",
    advice:
      "Stop one of the two. If the controller has moved, start it with --previous-installations and the installation that the status of the ApiKey names.",
  },
  ReadOnly: {
    happened: "The controller runs with --read-only and changes nothing. The message says what it would do.",
    advice: "Start it without --read-only.",
  },
} as const satisfies Record<string, Explained>;

/** A reason of a condition. */
export type Reason = keyof typeof REASONS;

/** Reasons of work that takes its usual course, while the key of before works: nothing is wrong then. */
const WORK_UNDER_WAY: ReadonlySet<Reason> = new Set([
  "Minting",
  "Adopting",
  "KeyNotVisible",
  "RetirementPending",
  "RolloutPending",
  "Deleting",
]);

/** Whether a reason says of a key that works nothing but that work on it is under way. */
export function isWorkUnderWay(reason: Reason): boolean {
  return WORK_UNDER_WAY.has(reason);
}
