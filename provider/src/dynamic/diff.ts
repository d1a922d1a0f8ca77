import { accountChanged } from "./failure.ts";
import { readOutputs, type Outputs } from "./outputs.ts";
import { hasUnknown, isUnknown, type Properties } from "./wire.ts";

/** What the engine learns from a comparison: whether to update, and which properties need a replacement. */
export interface Difference {
  readonly changes: boolean;
  readonly replaces?: string[];
}

/** What the API says at a preview; a part is absent where the API was not asked, or did not answer in time. */
export interface Remote {
  /** The explicit Provider that compares; empty for the default one. */
  readonly providerName?: string;
  /** The account that the token belongs to now. */
  readonly accountId?: string;
  /** Those of the state's `unrecordedKeys` that still work. */
  readonly unrecorded?: readonly string[];
}

/**
 * Compares checked inputs with the outputs in the state: after a partial update the old inputs lag behind.
 *
 * @param now milliseconds since the epoch.
 * @throws ProviderError if the state cannot be read, or `AccountChanged`.
 */
export function diff(
  olds: Properties,
  news: Properties,
  { providerName, accountId, unrecorded }: Remote,
  now: number,
): Difference {
  const outputs = readOutputs(olds);
  const moved = providerName !== undefined && providerName !== outputs.providerName;
  if (accountId !== undefined && accountId !== outputs.accountId) {
    // Only the Provider that made a key can revoke it: moved to another one, it is replaced, and the old one is asked to.
    if (moved) return { changes: true, replaces: ["accountId"] };
    throw accountChanged(outputs.accountId, accountId);
  }
  const { mode } = news;
  if (typeof mode === "string" && !isUnknown(mode) && mode !== outputs.mode) {
    return { changes: true, replaces: ["mode"] };
  }
  const forgets = unrecorded !== undefined && unrecorded.length < outputs.unrecordedKeys.length;
  return {
    changes:
      hasUnknown(declaredPart(news)) ||
      differs(outputs, news) ||
      isOverdue(outputs, news, now) ||
      forgets ||
      moved,
  };
}

/** The inputs whose change is an update; an unknown one may be a change. */
function declaredPart({ mode, description, deletionPolicy, rotation, generation }: Properties): Properties {
  return { mode, description, deletionPolicy, rotation, generation };
}

function differs(outputs: Outputs, news: Properties): boolean {
  return (
    outputs.status !== "active" ||
    news["description"] !== outputs.description ||
    news["deletionPolicy"] !== outputs.deletionPolicy ||
    news["generation"] !== outputs.generation ||
    news["retiredGeneration"] !== outputs.retiredGeneration ||
    (news["rotateAt"] ?? undefined) !== outputs.nextRotationAt
  );
}

/** Whether a replaced key has outlived its overlap although no input announces its revocation any more. */
function isOverdue(outputs: Outputs, news: Properties, now: number): boolean {
  return (
    news["retireAt"] === undefined && outputs.previous.some(({ revokeAt }) => Date.parse(revokeAt) <= now)
  );
}
