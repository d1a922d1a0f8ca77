import { parseArgs, type Failure } from "./args-schema.ts";
import { readBefore, schedule } from "./schedule.ts";
import { isUnknown, sendable, type Properties } from "./wire.ts";

/** What `check` answers: the inputs that the update will work with, or what is wrong with them. */
export interface Checked {
  readonly inputs?: Properties;
  readonly failures?: Failure[];
}

/**
 * Validates the declared inputs and decides what is due: so a preview shows a rotation, or a revocation.
 *
 * @param olds the inputs of the last update; empty for a create, also for the create of a replacement.
 * @param now milliseconds since the epoch.
 */
export function check(olds: Properties, news: Properties, now: number): Checked {
  const parsed = parseArgs(news);
  if ("failures" in parsed) return { inputs: news, failures: parsed.failures };
  const before = readBefore(olds);
  if (before !== undefined) {
    const failure = adoptionFailure(olds["adopt"], news["adopt"]);
    if (failure !== undefined) return { inputs: news, failures: [failure] };
  }
  const { declared } = parsed;
  const given = Object.fromEntries(
    Object.entries(news).filter(([name, value]) => name in declared || isUnknown(value)),
  );
  return {
    inputs: sendable({
      ...given,
      // A rename, a changed stack or a changed configuration must not make our own keys look foreign.
      ...sticky(olds, "owner"),
      ...sticky(olds, "installation"),
      ...schedule(before, news["rotation"], declared.rotation ?? {}, now),
    }),
  };
}

function sticky(olds: Properties, name: string): Properties {
  return typeof olds[name] === "string" && !isUnknown(olds[name]) ? { [name]: olds[name] } : {};
}

/** An adoption is obeyed once: changed later, it would be ignored in silence. */
function adoptionFailure(olds: unknown, news: unknown): Failure | undefined {
  const [before, after] = [keyIdOf(olds), keyIdOf(news)];
  if (typeof after !== "string" || isUnknown(after) || after === before) return undefined;
  return {
    property: "adopt.keyId",
    reason:
      `adopt is obeyed when the resource is created, and this one has a key already. To take ${after} over, declare ` +
      "another ApiKey for it, or replace this one: pulumi up --replace <URN>",
  };
}

function keyIdOf(adopt: unknown): unknown {
  return typeof adopt === "object" && adopt !== null && "keyId" in adopt ? adopt.keyId : undefined;
}
