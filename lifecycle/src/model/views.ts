import type { ObjectView, SecretView } from "../index.ts";
import type { Codecs, Reader } from "./codecs.ts";
import type { StoredObject, StoredSecret } from "./stored.ts";

const objects = {
  cached: new WeakMap<StoredObject, ObjectView>(),
  live: new WeakMap<StoredObject, ObjectView>(),
};

/** An ApiKey as a controller sees it. Equal views are one object, so that they are compared and keyed once. */
export function objectView(object: StoredObject, read: "cached" | "live"): ObjectView {
  const known = objects[read].get(object) ?? newObjectView(object, read);
  objects[read].set(object, known);
  return known;
}

function newObjectView(object: StoredObject, read: "cached" | "live"): ObjectView {
  const deletion = { policy: "Revoke", protection: false } as const;
  return { ...object, deletion, state: "present", read, namespaceTerminating: false };
}

/** A view of a Secret, and what it was asked for. */
interface Seen {
  readonly codecs: Codecs;
  readonly reader: Reader;
  readonly view: SecretView;
}

const secrets = { cached: new WeakMap<StoredSecret, Seen>(), live: new WeakMap<StoredSecret, Seen>() };

/** A Secret as the controller sees it for an ApiKey. Here too, equal views are one object in most cases. */
export function secretView(
  secret: StoredSecret | undefined,
  { uid, mode, keepsPrevious, fingerprint, retiring }: Reader,
  read: "cached" | "live",
  codecs: Codecs,
): SecretView {
  if (secret === undefined) return { state: "absent", read };
  const reader = { uid, mode, keepsPrevious, fingerprint, retiring };
  const known = secrets[read].get(secret);
  if (known !== undefined && known.codecs === codecs && isSameReader(known.reader, reader)) return known.view;
  const view = codecs.secret(secret, reader, read);
  secrets[read].set(secret, { codecs, reader, view });
  return view;
}

function isSameReader(left: Reader, right: Reader): boolean {
  return (
    left.uid === right.uid &&
    left.mode === right.mode &&
    left.keepsPrevious === right.keepsPrevious &&
    left.fingerprint === right.fingerprint &&
    left.retiring.length === right.retiring.length &&
    left.retiring.every((fingerprint, index) => fingerprint === right.retiring[index])
  );
}
