/** What a reason of a condition or an event tells its reader; the page docs/reasons.md is made of this. */
interface Explained {
  /** What happened. */
  readonly happened: string;
  /** What to do next. */
  readonly advice: string;
}

/** Every reason that a condition of ours can carry, with what it means and what to do: the one list. */
export const REASONS = {
  KeyDelivered: {
    happened: "The key is active, and its value stands in the Secret.",
    advice: "Nothing to do.",
  },
  AccountReady: {
    happened: "The management API accepts the credentials, and they may manage API keys.",
    advice: "Nothing to do.",
  },
  Minting: {
    happened: "An attempt to mint a key was recorded, and the key is being asked for.",
    advice: "Wait some seconds. If it stays, look at the controller's log.",
  },
  Adopting: {
    happened:
      "The key that spec.adopt names carries the controller's tag. It is taken over after 45 seconds, if the tag still stands then.",
    advice: "Wait for the time that the message names.",
  },
  AdoptionUndone: {
    happened:
      "An adoption was cut off, or the key went to somebody else. The key's description is put back; the key itself is never revoked.",
    advice: "Nothing to do: the controller tries again, if spec.adopt still asks for it.",
  },
  AdoptionNotAllowed: {
    happened: "No adoptKeyIds of the account lists the key that spec.adopt names. The key was not looked at.",
    advice:
      "Have whoever writes the account list the ID: in spec.adoptKeyIds of an Account, or in a line of spec.allow of a ClusterAccount that matches namespace and mode.",
  },
  AdoptionRefused: {
    happened:
      "The key that spec.adopt names cannot be taken over as things are: the message says why. Neither key nor Secret was touched.",
    advice:
      "Do what the message says, or remove spec.adopt to have a new key made. What is needed: docs/adoption.md.",
  },
  AttemptPending: {
    happened: "An earlier attempt to mint was cut off. It is left alone until its writer can no longer act.",
    advice: "Wait two minutes: the controller recovers by itself.",
  },
  CreateOutcomeUnknown: {
    happened:
      "A request for a new key got no clear answer, so a key may exist that nobody has seen the value of.",
    advice:
      "Wait: the controller lists the account's keys twice, revokes what the attempt left, and then tries anew.",
  },
  RetirementPending: {
    happened: "The key is delivered, and a previous one waits for the end of its overlap.",
    advice: "Nothing to do.",
  },
  RolloutPending: {
    happened:
      "The key is delivered. A previous one has outlived its overlap, and lives on until the workloads that are restarted for the new value have replaced their Pods.",
    advice: "Wait: the key is revoked as soon as the rollouts are complete.",
  },
  RolloutStuck: {
    happened:
      "The key is delivered. A previous one is not revoked, because a workload that uses it does not come to the end of its rollout: it is paused, OnDelete, partitioned, rolled back, or past its deadline.",
    advice:
      "Do what the message says of each workload. To give up on one, take the label restart.signatureapi.com/<ApiKey> off it: it is then no longer waited for.",
  },
  RestartFailed: {
    happened:
      "The key is delivered, but a workload that is labelled for restarts could not be restarted. A previous key is not revoked as long as this lasts.",
    advice:
      "Lift what the message names: a right, an admission policy. The controller tries again by itself. Or restart the workload by hand.",
  },
  SecretInUse: {
    happened:
      "The key is delivered. A previous one has outlived its overlap, and lives on because Pods that use the Secret are older than the new value (spec.rotation.holdWhileInUse).",
    advice: "Restart the Pods that the message names, or set spec.rotation.holdWhileInUse to false.",
  },
  PodAccessMissing: {
    happened:
      "spec.rotation.holdWhileInUse is true, but the controller may not look at Pods. Nothing is minted, and a previous key is not revoked.",
    advice:
      "Have an administrator allow it (in the chart podAccess: list, else --pod-access list and the right to list Pods), or set the field to false.",
  },
  Deleting: {
    happened: "The ApiKey is being deleted, and its keys are being revoked.",
    advice: "Nothing to do. If it stays, the message says what is in the way.",
  },
  DeletionProtected: {
    happened: "The ApiKey was deleted while spec.deletionProtection is true, so its key lives on.",
    advice: "Set spec.deletionProtection to false if the key shall be revoked.",
  },
  InvalidSpec: {
    happened: "A field of the spec has a value that cannot be used. Nothing was minted.",
    advice: "Correct the field that the message names.",
  },
  NamespaceReserved: {
    happened: "The ApiKey stands in a namespace into which no keys are written.",
    advice: "Declare the ApiKey in the namespace of the workload that uses it.",
  },
  SecretTypeNotAllowed: {
    happened: "spec.secret.type names a type that other components give a meaning to.",
    advice: "Use Opaque, or have an administrator list the type in --allowed-secret-types.",
  },
  SecretMetadataNotAllowed: {
    happened: "spec.secret.labels or .annotations sets a name that other components give a meaning to.",
    advice: "Use a plain name, or have an administrator list the prefix in --allowed-secret-metadata.",
  },
  SecretConflict: {
    happened: "The Secret that the ApiKey names exists, and is not the controller's. It was not touched.",
    advice:
      "Delete or rename that Secret, or give spec.secret.name another name in a new ApiKey. If it holds the value of a key that you want to go on using, adopt that key: docs/adoption.md.",
  },
  SecretImmutable: {
    happened: "The Secret is marked immutable, so no new value can be written to it.",
    advice: "Delete the Secret: the controller writes a new one.",
  },
  KubernetesAPIUnavailable: {
    happened: "The ApiKey itself could not be read or written. Nothing was minted for this reason.",
    advice:
      "Look at the message: the API server is unreachable or overloaded, or a right was withdrawn. The controller tries again by itself.",
  },
  SecretRejected: {
    happened:
      "The dry run of the Secret was refused, by RBAC, a quota or an admission policy. Nothing was minted.",
    advice: "Lift what the message names. The controller tries again by itself.",
  },
  AccountNotFound: {
    happened: "The Account or ClusterAccount that spec.accountRef names does not exist.",
    advice: "Create it, or correct the reference in a new ApiKey.",
  },
  AccountNotReady: {
    happened: "The Account or ClusterAccount exists, but cannot be used now.",
    advice: "Look at its own Ready condition.",
  },
  AccountChanged: {
    happened:
      "The credentials or the base URL name another account than before. Nothing is changed in either.",
    advice: "Put the old credentials back. For another account, declare another Account.",
  },
  AccountSuspended: {
    happened: "spec.suspend of the account is true: nothing is minted for it.",
    advice: "Set it to false to go on.",
  },
  NotAllowed: {
    happened: "No line of the ClusterAccount's spec.allow allows this mode in this namespace.",
    advice: "Have an administrator add a line, or label the namespace as a line asks for.",
  },
  Suspended: {
    happened: "spec.suspend is true: nothing is minted. Revocations that are due, and deletion, go on.",
    advice: "Set it to false to go on.",
  },
  CredentialsNotFound: {
    happened: "The Secret with the management token does not exist.",
    advice: "Create it in the namespace that the message names.",
  },
  CredentialsNotLabelled: {
    happened: "The Secret with the management token lacks the label that gives it free for this use.",
    advice: 'Label it signatureapi.com/credential: "true".',
  },
  CredentialsKeyMissing: {
    happened: "The Secret with the management token has no usable entry of the name that the account gives.",
    advice: "Add the entry, or correct spec.credentials.key.",
  },
  InvalidToken: {
    happened: "The management API does not accept the token.",
    advice: "Put a valid token into the credentials Secret; no restart is needed.",
  },
  PermissionDenied: {
    happened: "The token lacks the permission Manage API keys.",
    advice: "Give its user the role Integration or Owner, for test keys at least Development.",
  },
  InvalidBaseURL: {
    happened: "spec.baseUrl is no URL that can be used.",
    advice: "Give an https URL without user, query and fragment.",
  },
  BaseURLNotAllowed: {
    happened: "spec.baseUrl is not covered by --allowed-base-urls. The token was not sent there.",
    advice: "Use the vendor's URL, or have an administrator add this one.",
  },
  UnexpectedAnswer: {
    happened: "What answers at the base URL is not the management API.",
    advice: "Check spec.baseUrl, and what stands between the cluster and it.",
  },
  ManagementAPIUnavailable: {
    happened: "The management API cannot be reached, or fails.",
    advice: "Nothing is lost. The controller tries again by itself.",
  },
  RateLimited: {
    happened: "The management API refuses requests because there were too many.",
    advice: "Nothing is lost. If it lasts, lower spec.rateLimit of the account.",
  },
  LiveModeDisabled: {
    happened: "The account cannot have live keys: it is not upgraded, or has no payment method.",
    advice: "Upgrade it in the vendor's dashboard, or use mode: test.",
  },
  LiveModePaused: {
    happened: "The account's live mode is paused.",
    advice: "Settle what the vendor's dashboard shows. The controller tries again by itself.",
  },
  TestKeyExists: {
    happened: "The account has its one test key already.",
    advice:
      "Share the Secret of the ApiKey that owns it, adopt it with spec.adopt, or revoke it in the dashboard.",
  },
  MintBudgetExhausted: {
    happened:
      "Too many keys were made within an hour: five for this ApiKey that nobody had asked for, five in emergencies, or more than the budget of its namespace or account.",
    advice:
      "Find out who deletes or edits the Secret, or what creates, deletes or rotates in a loop. The message says when the next key is made. For a fleet that needs more, raise --namespace-mint-budget or --account-mint-budget.",
  },
  KeyLimitReached: {
    happened:
      "The namespace has as many keys as a ClusterAccount's spec.allow[].maxKeys allows it, retiring ones included. Nothing was minted.",
    advice:
      "Delete an ApiKey that is not needed, wait until a retiring key is revoked (the message says when), or have an administrator raise maxKeys.",
  },
  MintRejected: {
    happened: "The management API refused to make the key.",
    advice: "Do what the message says. The controller tries again by itself.",
  },
  WrongMode: {
    happened:
      "The management API answered with a key of another mode than was asked for. It is being revoked.",
    advice: "Report it to the vendor.",
  },
  TagNotPreserved: {
    happened: "The management API changed the description of a key, so that it could no longer be traced.",
    advice:
      "Report it to the vendor. Nothing more is minted until the account's spec is edited, as your word that it is mended.",
  },
  KeysVanished: {
    happened:
      "More of the account's keys were found revoked or gone than an inventory heals by itself. Nothing is minted.",
    advice:
      "Find out who revoked them. If they are to be replaced, edit the account's spec, for instance set spec.suspend to true and back to false.",
  },
  UnaccountedKeys: {
    happened:
      "Live keys carry this installation's tag, and no record knows them: after a restore, in a clone, or because an ApiKey was taken away from the controller.",
    advice:
      "Revoke them in the vendor's dashboard once nothing uses them, or set spec.orphans of the ClusterAccount to Revoke.",
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
