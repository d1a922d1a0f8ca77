import {
  cutText,
  defaultDescription,
  descriptionProblem,
  durationProblem,
  parseDuration,
  windowProblem,
  type DesiredKey,
  type Problem,
} from "@signatureapi-keys/lifecycle";
import { EMERGENCY_ANNOTATION, ROTATE_ANNOTATION } from "../resources/names.ts";
import { secretProblem, type SecretRules } from "../validation/secret-rules.ts";
import { DEFAULT_OVERLAP, type ApiKeySpec } from "../resources/apikey.ts";

const SHORTEST_PERIOD = 3_600_000;
/** In UTF-16 units. */
const LONGEST_REQUEST = 253;

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

/** What a declaration needs of the object's metadata. */
interface DeclaredBy {
  readonly name: string;
  readonly namespace: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Judges what an ApiKey declares. The API server has checked most of it, but schemas can be loosened and older
 * objects can stay: everything is checked again before anything is minted.
 */
export function judgeDeclaration(
  spec: ApiKeySpec,
  { name, namespace, annotations }: DeclaredBy,
  rules: DeclarationRules,
): Declaration | Problem {
  const description = spec.description ?? defaultDescription(namespace, name);
  const problem =
    prefixed("spec.description: ", descriptionProblem(description)) ??
    holdProblem(spec, rules) ??
    rotationProblem(spec) ??
    secretProblem(spec, { namespace, name }, rules);
  return problem ?? { spec, desired: { ...desiredKey(spec, name, description), ...requestsOf(annotations) } };
}

/** A declaration as it was judged, of an object of which nothing but metadata has changed since: what annotations ask for. */
export function declaredAnew(
  { spec, desired }: Declaration,
  annotations: DeclaredBy["annotations"],
): Declaration {
  const { rotate: _rotate, emergency: _emergency, ...others } = desired;
  return { spec, desired: { ...others, ...requestsOf(annotations) } };
}

function desiredKey(spec: ApiKeySpec, name: string, description: string): DesiredKey {
  const { rotation } = spec;
  const every = rotation.every === undefined ? undefined : parseDuration(rotation.every);
  return {
    mode: spec.mode,
    description,
    secretName: spec.secret.name ?? name,
    overlap: parseDuration(rotation.overlap) ?? 0,
    ...(every === undefined ? {} : { every }),
    ...windowOf(spec),
    ...(rotation.trigger === undefined ? {} : { trigger: rotation.trigger }),
    ...(spec.secret.previousKey === undefined ? {} : { keepsPrevious: true }),
    suspend: spec.suspend,
    ...(spec.adopt === undefined ? {} : { adopt: spec.adopt.keyId }),
  };
}

type Annotations = Readonly<Record<string, string>>;

/** What an annotation asks for. An empty one asks for nothing; a long one is cut: its beginning distinguishes it. */
export function requestOf(annotations: Annotations, name: string): string | undefined {
  const text = annotations[name] ?? "";
  return text === "" ? undefined : cutText(text, { units: LONGEST_REQUEST });
}

function requestsOf(annotations: Annotations): Pick<DesiredKey, "rotate" | "emergency"> {
  const rotate = requestOf(annotations, ROTATE_ANNOTATION);
  const emergency = requestOf(annotations, EMERGENCY_ANNOTATION);
  return {
    ...(rotate === undefined ? {} : { rotate }),
    ...(emergency === undefined ? {} : { emergency }),
  };
}

function windowOf({ rotation: { window } }: ApiKeySpec): Pick<DesiredKey, "window"> {
  if (window === undefined) return {};
  const { schedule, timeZone, duration } = window;
  return { window: { schedule, timeZone, duration: parseDuration(duration) ?? 0 } };
}

function holdProblem({ rotation }: ApiKeySpec, { seesPods }: DeclarationRules): Problem | undefined {
  if (!rotation.holdWhileInUse || seesPods) return undefined;
  const message =
    "spec.rotation.holdWhileInUse needs to see Pods, and this controller may not: it runs without --pod-access list, or without the right";
  return { reason: "PodAccessMissing", message, transient: false };
}

function rotationProblem(spec: ApiKeySpec): Problem | undefined {
  const { rotation } = spec;
  const { window } = windowOf(spec);
  const { every, overlap } = rotation;
  const wrong = window === undefined ? undefined : windowProblem(window);
  const tooMuch =
    prefixed("spec.rotation.window.", wrong) ??
    prefixed("spec.rotation.overlap: ", durationProblem(overlap, 0, "24h"));
  if (tooMuch !== undefined || every === undefined) return tooMuch;
  return (
    prefixed("spec.rotation.every: ", durationProblem(every, SHORTEST_PERIOD, "90d")) ?? overlapProblem(spec)
  );
}

/** An overlap as long as the period would have more keys live from rotation to rotation. The default fits any period. */
function overlapProblem({ rotation: { every = "", overlap } }: ApiKeySpec): Problem | undefined {
  if (overlap === DEFAULT_OVERLAP || (parseDuration(overlap) ?? 0) < (parseDuration(every) ?? 0))
    return undefined;
  return invalid(`spec.rotation.overlap: ${overlap} must be shorter than spec.rotation.every (${every})`);
}

function prefixed(prefix: string, message: string | undefined): Problem | undefined {
  return message === undefined ? undefined : invalid(prefix + message);
}

function invalid(message: string): Problem {
  return { reason: "InvalidSpec", message, transient: false };
}
