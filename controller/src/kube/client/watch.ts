import { z } from "zod";
import { KubeError, type RequestTarget } from "./kube-error.ts";
import { splitLines } from "./lines.ts";
import type { KubeObject } from "./object-meta.ts";
import type { WatchEvent, WatchOptions } from "./options.ts";
import { parseObject } from "./parse.ts";
import { collectionPath, queryString, resourceName, type ResourceType } from "./resource-type.ts";
import type { Operation, Sender } from "./sender.ts";
import { errorFromStatus, failureStatusSchema } from "./status.ts";
import { openStream } from "./stream.ts";

/** etcd holds no object above 1.5 MiB by default; an event line is little more than its object. */
const LONGEST_LINE_BYTES = 16 * 1024 * 1024;

const eventSchema = z.looseObject({
  type: z.enum(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]),
  object: z.unknown(),
});
const bookmarkSchema = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string().min(1) }) });

/** See {@link KubeClient.watch}. */
export async function* watchEvents<T extends KubeObject>(
  sender: Sender,
  type: ResourceType<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>, void> {
  const operation = watchOperation(type, options);
  const body = await openStream(sender, operation);
  for await (const line of splitLines(body, LONGEST_LINE_BYTES, (why) => malformed(operation.target, why))) {
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
    mutating: false,
    sensitive: false,
    signal: options.signal,
    timeoutMs: options.idleTimeoutMs,
    maxBodyBytes: Number.POSITIVE_INFINITY,
  };
}

function parseEvent<T extends KubeObject>(
  type: ResourceType<T>,
  line: string,
  target: RequestTarget,
): WatchEvent<T> {
  const event = eventSchema.safeParse(parseLine(line, target)).data;
  if (event === undefined) throw malformed(target, "a line of the watch is not an event");
  switch (event.type) {
    case "BOOKMARK": {
      const bookmark = bookmarkSchema.safeParse(event.object).data;
      if (bookmark === undefined) throw malformed(target, "a bookmark has no resourceVersion");
      return { type: "bookmark", resourceVersion: bookmark.metadata.resourceVersion };
    }
    case "ERROR": {
      const status = failureStatusSchema.safeParse(event.object).data;
      if (status === undefined) throw malformed(target, "an ERROR event carries no Status");
      return { type: "error", error: errorFromStatus(status, target) };
    }
    default:
      return objectEvent(type, event.type, event.object);
  }
}

function objectEvent<T extends KubeObject>(
  type: ResourceType<T>,
  name: "ADDED" | "MODIFIED" | "DELETED",
  raw: unknown,
): WatchEvent<T> {
  const parsed = parseObject(type, raw);
  if ("malformed" in parsed) {
    return { type: "malformed-object", deleted: name === "DELETED", object: parsed.malformed };
  }
  const types = { ADDED: "added", MODIFIED: "modified", DELETED: "deleted" } as const;
  return { type: types[name], object: parsed.object };
}

function parseLine(line: string, target: RequestTarget): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw malformed(target, `a line of the watch (${line.length} characters) is not JSON`);
  }
}

function malformed(target: RequestTarget, message: string): KubeError {
  return new KubeError({ ...target, kind: "malformed-answer", effect: "none", message });
}
