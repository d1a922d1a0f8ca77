import { parseArgs, type Declared } from "./args-schema.ts";
import { ProviderError } from "./failure.ts";
import { readBefore, type Schedule } from "./schedule.ts";
import type { Properties } from "./wire.ts";

/** The inputs that `check` has given, complete. */
export interface Inputs extends Declared {
  readonly schedule: Schedule & { readonly generation: number };
}

/**
 * Reads checked inputs for create and update, where nothing is unknown any more.
 * @throws ProviderError if they are not what `check` gives.
 */
export function readInputs(news: Properties): Inputs {
  const parsed = parseArgs(news);
  if ("failures" in parsed) {
    throw new ProviderError(parsed.failures.map(({ reason }) => reason).join("; "));
  }
  const { mode, description, deletionPolicy, installation, owner, rotation, adopt } = parsed.declared;
  const before = readBefore(news);
  if (!mode || !description || !deletionPolicy || !installation || !owner || !before) {
    throw new ProviderError(
      "The inputs of this ApiKey are incomplete: something between program and provider changed them.",
    );
  }
  return {
    mode,
    description,
    deletionPolicy,
    installation,
    owner,
    rotation,
    adopt,
    schedule: before.schedule,
  };
}
