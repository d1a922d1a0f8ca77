import { readOutputs, type Outputs } from "./outputs.ts";
import { hasUnknown, isUnknown, type Properties } from "./wire.ts";

/** What the engine is told: whether to update, and which properties need a replacement. */
export interface Difference {
  readonly changes: boolean;
  readonly replaces?: string[];
}

/** What the API says at a preview; nothing where it was not asked, or did not answer in time. */
export interface Remote {
  /** The account that the token belongs to now. */
  readonly accountId?: string;
  /** The suspects that the state names, and that are still there. */
  readonly suspects?: readonly string[];
}

/**
 * Compares checked inputs with what the state knows: after a partial update the old inputs lag behind.
 *
 * @param now milliseconds since the epoch.
 * @throws ProviderError if the state cannot be read.
 */
export function diff(
  olds: Properties,
  news: Properties,
  { accountId, suspects }: Remote,
  now: number,
): Difference {
  const outputs = readOutputs(olds);
  const replaces = [
    ...(typeof news["mode"] === "string" && !isUnknown(news["mode"]) && news["mode"] !== outputs.mode
      ? ["mode"]
      : []),
    ...(accountId !== undefined && accountId !== outputs.accountId ? ["accountId"] : []),
  ];
  if (replaces.length > 0) return { changes: true, replaces };
  const cleared = suspects !== undefined && suspects.length < outputs.suspects.length;
  return {
    changes:
      hasUnknown(relevant(news)) || differs(outputs, news) || isLeftOver(outputs, news, now) || cleared,
  };
}

function relevant(news: Properties): unknown {
  const { mode, description, deletionPolicy, rotation, generation } = news;
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
function isLeftOver(outputs: Outputs, news: Properties, now: number): boolean {
  return (
    news["retireAt"] === undefined && outputs.previous.some(({ revokeAt }) => Date.parse(revokeAt) <= now)
  );
}
