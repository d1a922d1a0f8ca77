import { REASONS, type Reason } from "@signatureapi-keys/lifecycle";
import { inNamespace } from "./target.ts";

const NOTHING = "Nothing to do.";

/** What to do about a reason of a condition; undefined where there is nothing to do, or the reason is not ours. */
export function adviceFor(reason: string): string | undefined {
  if (!isReason(reason)) return undefined;
  const { advice } = REASONS[reason];
  return advice === NOTHING ? undefined : advice;
}

/** Whether a reason is one of ours. @public for other commands */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}

/** What a command that helps is about. */
export interface Subject {
  readonly namespace: string | undefined;
  /** Of the ApiKey or account. */
  readonly name: string;
  readonly kind: "ApiKey" | "Account" | "ClusterAccount";
  readonly secretName?: string | undefined;
  readonly account?: { readonly kind: string; readonly name: string } | undefined;
}

type CommandOf = (subject: Subject) => string;

/** Commands that show more of a problem, or solve it. A reason without one has its advice alone. */
const COMMANDS: Partial<Record<Reason, CommandOf>> = {
  Suspended: ({ name, namespace }) => `kubectl signatureapi resume ${name}${inNamespace(namespace)}`,
  AccountSuspended: (subject) => `kubectl signatureapi resume ${accountTarget(subject)}`,
  AccountNotReady: showAccount,
  AccountNotFound: ({ namespace }) =>
    `kubectl get accounts${inNamespace(namespace)}; kubectl get clusteraccounts`,
  AccountChanged: showAccount,
  KeysVanished: showAccount,
  NotAllowed: showAccount,
  KeyLimitReached: showAccount,
  RetainNotAllowed: showAccount,
  SecretConflict: describeSecret,
  SecretEntryConflict: describeSecret,
  SecretContested: ({ secretName, namespace }) =>
    `kubectl get secret ${secretName ?? "NAME"}${inNamespace(namespace)} --show-managed-fields -o jsonpath='{.metadata.managedFields[*].manager}'`,
  SecretImmutable: ({ secretName, namespace }) =>
    `kubectl delete secret ${secretName ?? "NAME"}${inNamespace(namespace)}`,
  RolloutPending: showWorkloads,
  RolloutStuck: showWorkloads,
  RestartFailed: showWorkloads,
  DeletionProtected: ({ name, namespace }) =>
    `kubectl patch apikey ${name}${inNamespace(namespace)} --type merge -p '{"spec":{"deletionProtection":false}}'`,
  AttemptPending: watchEvents,
  CreateOutcomeUnknown: watchEvents,
  MintBudgetExhausted: watchEvents,
  KubernetesAPIUnavailable: showLogs,
  ManagementAPIUnavailable: showLogs,
  UnexpectedAnswer: showLogs,
};

/** A command that helps with a reason, if there is one. */
export function commandFor(reason: string, subject: Subject): string | undefined {
  return isReason(reason) ? COMMANDS[reason]?.(subject) : undefined;
}

function accountTarget({ kind, name, namespace, account }: Subject): string {
  const named = kind === "ApiKey" ? account : { kind, name };
  if (named === undefined) return "account/NAME";
  const scope = named.kind === "Account" ? inNamespace(namespace) : "";
  return `${named.kind.toLowerCase()}/${named.name}${scope}`;
}

function showAccount(subject: Subject): string {
  const [target = "", ...scope] = accountTarget(subject).split(" ");
  return ["kubectl describe", target.replace("/", " "), ...scope].join(" ");
}

function describeSecret({ secretName, namespace }: Subject): string {
  return `kubectl describe secret ${secretName ?? "NAME"}${inNamespace(namespace)}`;
}

function showWorkloads({ name, namespace }: Subject): string {
  return `kubectl get deployments,statefulsets,daemonsets${inNamespace(namespace)} -l restart.signatureapi.com/${name}=true`;
}

function watchEvents({ name, namespace }: Subject): string {
  return `kubectl signatureapi events ${name}${inNamespace(namespace)} --watch`;
}

function showLogs(): string {
  return "kubectl signatureapi logs --since 10m";
}
