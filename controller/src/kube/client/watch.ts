import * as z from "zod";
import { KubeError, type RequestTarget } from "./kube-error.ts";
import { membersOf, stringIn } from "./json-members.ts";
import { splitLines } from "./lines.ts";
import { acceptHeader } from "./metadata-only.ts";
import type { KubeObject } from "./object-meta.ts";
import type { WatchEvent, WatchOptions } from "./options.ts";
import { parseText } from "./parse-text.ts";
import {
  collectionPath,
  queryString,
  resourceName,
  type ListedType,
  type ResourceType,
} from "./resource-type.ts";
import type { Operation, Sender } from "./sender.ts";
import { errorFromStatus, failureStatusSchema } from "./status.ts";
import { openStream } from "./stream.ts";

/**
 * etcd holds no object above 1.5 MiB by default; as JSON, in which `<` takes six bytes, it may be longer. An event line is
 * little more than its object.
 */
export const LONGEST_OBJECT_BYTES = 16 * 1024 * 1024;

const eventTypeSchema = z.enum(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]);
const bookmarkSchema = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string().min(1) }) });

/** See {@link KubeClient.watch}. */
export async function* watchEvents<T extends KubeObject>(
  sender: Sender,
  type: ListedType<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>, void> {
  const operation = watchOperation(type, options);
  const body = await openStream(sender, operation);
  for await (const line of splitLines(body, LONGEST_OBJECT_BYTES, (why) =>
    malformed(operation.target, why),
  )) {
    yield parseEvent(type, line, operation.target);
  }
}

function watchOperation(type: ResourceType, options: WatchOptions): Operation {
  const { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds } = options;
  const query = { labelSelector, fieldSelector, resourceVersion, timeoutSeconds };
  return {
    method: "GET",
    path: collectionPath(type, namespace) + queryString({ watch: true, allowWatchBookmarks: true, ...query }),
    target: {
      verb: "watch",
      resource: resourceName(type),
      namespace,
    },
    headers: acceptHeader(type, "object"),
    mutating: false,
    sensitive: false,
    signal: options.signal,
    timeoutMs: options.idleTimeoutMs,
    maxBodyBytes: Number.POSITIVE_INFINITY,
  };
}

function parseEvent<T extends KubeObject>(
  type: ListedType<T>,
  line: Buffer,
  target: RequestTarget,
): WatchEvent<T> {
  const members = new Map<string, Buffer>();
  for (const { name, value } of membersOf(line)) members.set(name, value);
  const eventType = eventTypeSchema.safeParse(stringIn(members.get("type"))).data;
  const text = members.get("object");
  if (eventType === undefined || text === undefined)
    throw malformed(target, `a line of the watch (${line.length} bytes) is not an event`);
  switch (eventType) {
    case "BOOKMARK": {
      const bookmark = bookmarkSchema.safeParse(parseJson(text, target)).data;
      if (bookmark === undefined) throw malformed(target, "a bookmark has no resourceVersion");
      return { type: "bookmark", resourceVersion: bookmark.metadata.resourceVersion };
    }
    case "ERROR": {
      const status = failureStatusSchema.safeParse(parseJson(text, target)).data;
      if (status === undefined) throw malformed(target, "an ERROR event carries no Status");
      return { type: "error", error: errorFromStatus(status, target) };
    }
    default:
      return objectEvent(type, eventType, text, target);
  }
}

function objectEvent<T extends KubeObject>(
  type: ListedType<T>,
  name: "ADDED" | "MODIFIED" | "DELETED",
  text: Buffer,
  target: RequestTarget,
): WatchEvent<T> {
  const parsed = orMalformed(target, text, () =>
    parseText(type, { text, bytes: text.length, tooLong: false }),
  );
  if ("malformed" in parsed) {
    return { type: "malformed-object", deleted: name === "DELETED", object: parsed.malformed };
  }
  const types = { ADDED: "added", MODIFIED: "modified", DELETED: "deleted" } as const;
  return { type: types[name], object: parsed.object };
}

function parseJson(text: Buffer, target: RequestTarget): unknown {
  return orMalformed(target, text, () => JSON.parse(text.toString("utf8")) as unknown);
}

/** The parser's own message, which quotes the text, is left out. */
function orMalformed<R>(target: RequestTarget, text: Buffer, parse: () => R): R {
  try {
    return parse();
  } catch {
    throw malformed(target, `an object of the watch (${text.length} bytes) is not JSON`);
  }
}

function malformed(target: RequestTarget, message: string): KubeError {
  return new KubeError({ ...target, kind: "malformed-answer", effect: "none", message });
}
