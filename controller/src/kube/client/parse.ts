import * as z from "zod";
import { KubeError, type RequestTarget } from "./kube-error.ts";
import type { KubeObject } from "./object-meta.ts";
import type { MalformedObject } from "./options.ts";
import { apiVersionOf, keyOf, type ResourceType } from "./resource-type.ts";

const identitySchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    resourceVersion: z.string().optional(),
  }),
});

export type ParsedObject<T> = { readonly object: T } | { readonly malformed: MalformedObject };

/** As {@link parseNew}, of an object that is stored: a version that was parsed just now is not parsed again. */
export function parseObject<T extends KubeObject>(type: ResourceType<T>, raw: unknown): ParsedObject<T> {
  const known = type.recent?.find(raw);
  if (known !== undefined) return { object: known };
  const parsed = parseNew(type, raw);
  if ("object" in parsed) type.recent?.note(parsed.object);
  return parsed;
}

/** Parses one object; `apiVersion` and `kind`, which lists of built-in kinds leave out, are filled in. */
function parseNew<T extends KubeObject>(type: ResourceType<T>, raw: unknown): ParsedObject<T> {
  const complete =
    typeof raw === "object" && raw !== null
      ? { apiVersion: apiVersionOf(type), kind: type.kind, ...raw }
      : raw;
  const result = type.schema.safeParse(complete);
  if (result.success) return { object: result.data };
  const identity = identitySchema.safeParse(raw).data;
  return {
    malformed: {
      key: identity === undefined ? undefined : keyOf(identity),
      resourceVersion: identity?.metadata.resourceVersion,
      problem: problemOf(result.error),
    },
  };
}

/** Parses an answer that is one object. */
export function parseAnswer<T extends KubeObject>(
  type: ResourceType<T>,
  body: string,
  target: RequestTarget,
  answerTo: "read" | "write" | "dry-run",
): T {
  const mutating = answerTo === "write";
  const raw = parseJson(body, target, mutating);
  const parsed = answerTo === "dry-run" ? parseNew(type, withVersion(raw)) : parseObject(type, raw);
  if ("object" in parsed) return parsed.object;
  throw malformedAnswer(target, mutating, `the object does not fit its schema: ${parsed.malformed.problem}`);
}

const unstoredSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.undefined().optional() }),
});

/** A dry run of a create is answered with an object that has no resourceVersion, as it was never stored. */
function withVersion(raw: unknown): unknown {
  const meta = unstoredSchema.safeParse(raw).data;
  return meta === undefined ? raw : { ...meta, metadata: { ...meta.metadata, resourceVersion: "" } };
}

/** Parses JSON; the parser's own message, which quotes the text, is left out. */
export function parseJson(body: string, target: RequestTarget, mutating: boolean): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw malformedAnswer(target, mutating, `the answer of ${body.length} characters is not JSON`);
  }
}

/** The error of an answer that cannot be read. */
export function malformedAnswer(target: RequestTarget, mutating: boolean, message: string): KubeError {
  return new KubeError({
    ...target,
    kind: "malformed-answer",
    effect: mutating ? "unknown" : "none",
    message,
  });
}

/** Only paths and codes: zod's messages may quote values. */
export function problemOf(error: z.ZodError): string {
  const issues = error.issues.map(
    (issue) => `${issue.path.map(String).join(".") || "(root)"}: ${issue.code}`,
  );
  return issues.slice(0, 5).join("; ");
}
