import {
  defaultDescription,
  descriptionProblem,
  parseDuration,
  windowProblem,
  type DesiredKey,
  type ObjectView,
  type Problem,
} from "@signatureapi-keys/lifecycle";
import type { z } from "zod";
import { ROTATE_ANNOTATION } from "../resources/names.ts";
import { secretProblem, type SecretRules } from "../validation/secret-rules.ts";
import { apiKeySpecSchema, type ApiKeySpec } from "../resources/apikey.ts";
import { lenientSpec } from "../resources/lenient.ts";
import type { CustomObject } from "../resources/types.ts";

const SHORTEST_PERIOD = 3_600_000;
const LONGEST_EMERGENCY = 253;

/** What decides whether a declaration can be followed. */
export interface DeclarationRules extends SecretRules {
  /** Whether Pods may be seen: without it, `holdWhileInUse` cannot be kept. */
  readonly seesPods: boolean;
}

/** A declaration that can be followed. */
export interface Declaration {
  readonly spec: ApiKeySpec;
  readonly desired: DesiredKey;
}

/**
 * Reads what an ApiKey declares. The API server has checked most of it, but schemas can be loosened and older
 * objects can stay: everything is checked again before anything is minted.
 */
export function readDeclaration(object: CustomObject, rules: DeclarationRules): Declaration | Problem {
  const { name, namespace = "" } = object.metadata;
  const parsed = apiKeySpecSchema.safeParse(object.spec);
  if (!parsed.success) return invalid(firstIssue(parsed.error));
  const spec = parsed.data;
  const description = spec.description ?? defaultDescription(namespace, name);
  const problem =
    prefixed("spec.description: ", descriptionProblem(description)) ??
    holdProblem(spec, rules) ??
    rotationProblem(spec);
  if (problem !== undefined) return problem;
  const emergency = object.metadata.annotations?.[ROTATE_ANNOTATION];
  return (
    secretProblem(spec, namespace, rules) ?? {
      spec,
      desired: { ...desiredKey(spec, name, description), ...emergencyOf(emergency) },
    }
  );
}

function desiredKey(spec: ApiKeySpec, name: string, description: string): DesiredKey {
  const { rotation } = spec;
  const every = rotation.every === undefined ? undefined : parseDuration(rotation.every);
  return {
    mode: spec.mode,
    description,
    secretName: secretNameOf(spec, name),
    overlap: parseDuration(rotation.overlap) ?? 0,
    ...(every === undefined ? {} : { every }),
    ...windowOf(spec),
    ...(rotation.trigger === undefined ? {} : { trigger: rotation.trigger }),
    ...(spec.secret.previousKey === undefined ? {} : { keepsPrevious: true }),
    suspend: spec.suspend,
    ...(spec.adopt === undefined ? {} : { adopt: spec.adopt.keyId }),
  };
}

/** An empty annotation asks for nothing. Of a long one, the beginning tells it from others. */
function emergencyOf(annotation = ""): Pick<DesiredKey, "emergency"> {
  return annotation === "" ? {} : { emergency: annotation.slice(0, LONGEST_EMERGENCY) };
}

function windowOf({ rotation: { window } }: ApiKeySpec): Pick<DesiredKey, "window"> {
  if (window === undefined) return {};
  const { schedule, timeZone, duration } = window;
  return { window: { schedule, timeZone, duration: parseDuration(duration) ?? 0 } };
}

/** The effective name of the Secret. */
function secretNameOf(spec: Pick<ApiKeySpec, "secret">, apiKeyName: string): string {
  return spec.secret.name ?? apiKeyName;
}

/** The name of the Secret of an object whose spec may not fit the schema. */
export function secretNameOfObject(object: CustomObject): string {
  return lenientSpec(object).secret?.name ?? object.metadata.name;
}

/**
 * What an object says of its end. It holds even where the rest of the spec cannot be followed, and a policy that
 * is not understood is not taken for a licence to revoke.
 */
export function deletionOf(object: CustomObject): ObjectView["deletion"] {
  const { deletionPolicy, deletionProtection } = lenientSpec(object);
  const revokes = deletionPolicy === undefined || deletionPolicy === "Revoke";
  return { policy: revokes ? "Revoke" : "Retain", protection: deletionProtection ?? false };
}

/** Whether a replaced key is held for its users: as long as that may be meant, also where the rest cannot be followed. */
export function holdsWhileInUse(object: CustomObject): boolean {
  const { holdWhileInUse = false } = lenientSpec(object).rotation ?? {};
  return holdWhileInUse !== false;
}

function holdProblem({ rotation }: ApiKeySpec, { seesPods }: DeclarationRules): Problem | undefined {
  if (!rotation.holdWhileInUse || seesPods) return undefined;
  const message =
    "spec.rotation.holdWhileInUse needs to see Pods, and this controller may not: it runs without --pod-access list, or without the right";
  return { reason: "PodAccessMissing", message, transient: false };
}

/** The key of the Secret of an object, in caches. */
export function secretKeyOf(object: CustomObject): string {
  return `${object.metadata.namespace ?? ""}/${secretNameOfObject(object)}`;
}

function rotationProblem(spec: ApiKeySpec): Problem | undefined {
  const { rotation } = spec;
  const { window } = windowOf(spec);
  const wrong = window === undefined ? undefined : windowProblem(window);
  if (wrong !== undefined) return invalid(`spec.rotation.window.${wrong}`);
  if (parseDuration(rotation.overlap) === undefined)
    return invalid(`spec.rotation.overlap: ${JSON.stringify(rotation.overlap)} is no duration such as 24h`);
  if (rotation.every === undefined) return undefined;
  const every = parseDuration(rotation.every);
  if (every === undefined)
    return invalid(`spec.rotation.every: ${JSON.stringify(rotation.every)} is no duration such as 90d`);
  return every < SHORTEST_PERIOD
    ? invalid(`spec.rotation.every: ${rotation.every} is shorter than 1h`)
    : undefined;
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? "spec is invalid" : `${["spec", ...issue.path].join(".")}: ${issue.message}`;
}

function prefixed(prefix: string, message: string | undefined): Problem | undefined {
  return message === undefined ? undefined : invalid(prefix + message);
}

function invalid(message: string): Problem {
  return { reason: "InvalidSpec", message, transient: false };
}
