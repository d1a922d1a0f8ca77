import { membersOf, stringIn } from "./json-members.ts";
import type { KubeObject } from "./object-meta.ts";
import type { MalformedObject } from "./options.ts";
import { parseObject, type ParsedObject } from "./parse.ts";
import { keyOf, type ListedType, type ObjectIdentity } from "./resource-type.ts";

/** The JSON of one object of a list or a watch. */
export interface ObjectText {
  /** Of an object that is too long, its beginning. */
  readonly text: Buffer;
  readonly bytes: number;
  readonly tooLong: boolean;
}

/**
 * Parses the JSON of one object; one that is too long is malformed, and named as far as its beginning names it.
 * @throws SyntaxError if it is not JSON; the message may quote it
 */
export function parseText<T extends KubeObject>(type: ListedType<T>, object: ObjectText): ParsedObject<T> {
  const { text, bytes, tooLong } = object;
  if (tooLong)
    return { malformed: unread(text, `its JSON of ${bytes} bytes is larger than any that is read`) };
  const { outline } = type;
  if (outline === undefined || bytes <= outline.aboveBytes) {
    return parseObject(type, JSON.parse(text.toString("utf8")) as unknown);
  }
  const { name, namespace, uid, resourceVersion } = identityIn(text);
  if (name === undefined || uid === undefined || resourceVersion === undefined) {
    return { malformed: unread(text, "metadata: name, uid or resourceVersion is missing") };
  }
  return { object: outline.of({ name, namespace, uid, resourceVersion }, bytes) };
}

function unread(text: Buffer, problem: string): MalformedObject {
  const { name, namespace, resourceVersion } = identityIn(text);
  const key = name === undefined ? undefined : keyOf({ metadata: { name, namespace } });
  return { key, resourceVersion, problem };
}

/** What a text says of its object's identity, without parsing the object. */
function identityIn(text: Buffer): { readonly [K in keyof ObjectIdentity]?: string | undefined } {
  for (const { name, value } of membersOf(text)) {
    if (name !== "metadata") continue;
    const found = new Map<string, Buffer>();
    for (const member of membersOf(value)) found.set(member.name, member.value);
    return {
      name: stringIn(found.get("name")),
      namespace: stringIn(found.get("namespace")),
      uid: stringIn(found.get("uid")),
      resourceVersion: stringIn(found.get("resourceVersion")),
    };
  }
  return {};
}
