import type { Step } from "../step.ts";
import type { PassView } from "../view/pass.ts";
import type { SecretView } from "../view/secret.ts";
import type { View } from "../view/view.ts";

/**
 * An adoption writes to a Secret that a recovery would fence off, so that the lock is looked at after the Secret: what
 * was seen before may have been abandoned, and the Secret touched, in between.
 */
export function lookAtLockAgain(seen: View): View {
  const { object } = seen;
  if (object.state === "gone" || object.status.attempt?.op !== "adopt") return seen;
  return { ...seen, object: toBeReadAgain(object) };
}

/**
 * Where the records have moved on, what was seen of the Secret and of keys before may be as old as they were: a key
 * that another controller has rolled and committed meanwhile would read as one whose committed value is dead.
 */
export function distrustOldJudgements(before: View, seen: View): View {
  const { secret } = seen;
  if (before.object.state === "gone" || seen.object.state === "gone") return seen;
  // Not the records but their version: what was recorded meanwhile may have been taken away again.
  if (before.object.resourceVersion === seen.object.resourceVersion) return seen;
  // A first key is asked for without a look at a Secret that is not there: it may be there by now.
  const old: SecretView = secret.state === "present" ? { ...secret, read: "cached" } : { state: "unread" };
  return {
    ...seen,
    secret: old,
    dependents: seen.dependents && { state: "unread" },
    users: seen.users && { state: "unread" },
    pass: { ...seen.pass, remote: ended(seen.pass.remote) },
  };
}

/** What is known of the object counts as a cache's from here on: it is read live before the next effect. */
export function toBeReadAgain(object: View["object"]): View["object"] {
  return object.state === "gone" ? object : { ...object, read: "cached" };
}

/** The keys that are gone: a revocation is not undone, so that only those need no second look. */
function ended(remote: PassView["remote"]): PassView["remote"] {
  const gone = Object.entries(remote).filter(([, key]) => key === "absent" || key.status === "revoked");
  return Object.fromEntries(gone);
}

/** A request for a key makes older looks useless, whether or not it was answered: a GET before a roll, a list before a mint. */
export function forgetOutdated(view: View, step: Step): View {
  if (step.kind === "mint") {
    const { listing: _before, ...pass } = view.pass;
    return { ...view, pass: { ...pass, asked: step.attempt.id } };
  }
  if (step.kind === "roll") {
    const before = forgetKey(view, step.keyId);
    return { ...before, pass: { ...before.pass, asked: step.attempt.id } };
  }
  return step.kind === "tag-key" ? forgetKey(view, step.keyId) : view;
}

/** Takes note of what was seen of a key. */
export function seeKey(view: View, keyId: string, remote: PassView["remote"][string] = "absent"): View {
  return { ...view, pass: { ...view.pass, remote: { ...view.pass.remote, [keyId]: remote } } };
}

/** Takes note that a key was not found, and until when that proves nothing. */
export function missKey(view: View, keyId: string, until: number): View {
  return { ...view, pass: { ...view.pass, unseen: { ...view.pass.unseen, [keyId]: until } } };
}

export function forgetKey(view: View, keyId = ""): View {
  const { [keyId]: _before, ...remote } = view.pass.remote;
  return { ...view, pass: { ...view.pass, remote } };
}

export function lookAgain(view: View, step: Step): View {
  if (step.kind === "write-status" || step.kind === "add-finalizer" || step.kind === "remove-finalizer") {
    return { ...view, object: toBeReadAgain(view.object) };
  }
  return { ...view, secret: { state: "unread" } };
}
