import { age, shortSpan } from "../output/age.ts";
import type { Style } from "../output/style.ts";
import { drawTrees, type TreeNode } from "../output/tree.ts";
import type {
  AccountNode,
  ApiKeyNode,
  PodNode,
  Problem,
  SecretNode,
  StatusModel,
  UserNode,
} from "./model.ts";
import type { TimelineEntry } from "./timeline.ts";

/** So many entries of the timeline are shown, the latest ones. */
const MOST_ENTRIES = 15;
/** So many Pods of one workload are shown; the rest is counted. */
const MOST_PODS = 5;

/** The tree and the timeline, for people. */
export function renderStatus(model: StatusModel, style: Style, now: Date): string {
  const shown = { style, now };
  const tree =
    model.accounts.length === 0
      ? "No ApiKeys.\n"
      : drawTrees(model.accounts.map((account) => accountTree(account, shown)));
  const missing = model.missing.map((line) => style.warning(`Note: ${line}.`));
  const parts = [
    tree,
    ...(missing.length > 0 ? [`${missing.join("\n")}\n`] : []),
    timeline(model.timeline, shown),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

interface Shown {
  readonly style: Style;
  readonly now: Date;
}

function accountTree(account: AccountNode, shown: Shown): TreeNode {
  const { style, now } = shown;
  const { kind, namespace, name, exists, isReady, accountId, liveMode, lastInventoryAt, problem } = account;
  const where = namespace === undefined ? name : `${namespace}/${name}`;
  const details = [
    accountId,
    liveMode === undefined ? undefined : `live mode ${liveMode}`,
    lastInventoryAt === undefined ? undefined : `inventory ${age(lastInventoryAt, now)} ago`,
  ];
  const state =
    exists === false
      ? style.bad("does not exist")
      : exists === undefined
        ? style.faint("not readable")
        : isReady === true
          ? style.good("ready")
          : style.bad("not ready");
  return {
    lines: [joined([`${style.strong(kind)} ${where}`, state, ...details]), ...problemLines(problem, shown)],
    children: account.apiKeys.map((apiKey) => apiKeyTree(apiKey, shown)),
  };
}

function apiKeyTree(apiKey: ApiKeyNode, shown: Shown): TreeNode {
  const { style, now } = shown;
  const { namespace, name, mode, isReady, isSuspended, reason, deletedAt, createdAt } = apiKey;
  const state = isReady ? style.good("ready") : style.bad(`not ready (${reason})`);
  const flags = [
    isSuspended && style.warning("suspended"),
    deletedAt !== undefined && style.warning("deleting"),
  ];
  const head = joined([
    `${style.strong("ApiKey")} ${namespace}/${name}`,
    mode,
    state,
    ...flags.filter((flag) => flag !== false),
    `${age(createdAt, now)} old`,
  ]);
  return {
    lines: [head, ...keyLines(apiKey, shown), ...problemLines(apiKey.problem, shown)],
    children: [secretTree(apiKey.secret, shown)],
  };
}

function keyLines(apiKey: ApiKeyNode, { style, now }: Shown): readonly string[] {
  const { keyId, hint, revision, keyCreatedAt, nextRotationAt, attempt, abandoned, previous } = apiKey;
  const lines: string[] = [];
  if (keyId !== undefined) {
    const next =
      nextRotationAt === undefined ? "no scheduled rotation" : `next rotation ${when(nextRotationAt, now)}`;
    const parts = [
      `Key ${keyId} (…${hint ?? "?"})`,
      `revision ${revision ?? "?"}`,
      `${age(keyCreatedAt, now)} old`,
      next,
    ];
    lines.push(joined(parts));
  }
  if (attempt !== undefined)
    lines.push(
      style.warning(`Attempt ${attempt.id} (${attempt.reason}) since ${age(attempt.startedAt, now)}`),
    );
  if (abandoned > 0) lines.push(style.faint(`${abandoned} earlier attempts are remembered`));
  for (const { keyId: id, revokeAt, reason, heldBy } of previous) {
    const line = `Previous key ${id} (${reason})`;
    if (heldBy === undefined) lines.push(`${line} is revoked ${when(revokeAt, now)}`);
    else lines.push(style.warning(`${line} was due ${when(revokeAt, now)}, and is held: ${heldBy}`));
  }
  return lines;
}

function secretTree(secret: SecretNode, shown: Shown): TreeNode {
  const { style, now } = shown;
  const { name, exists, committedAt, users } = secret;
  const state =
    exists === undefined
      ? style.faint("not readable")
      : exists
        ? `value ${age(committedAt, now)} old`
        : style.bad("does not exist");
  return {
    lines: [joined([`${style.strong("Secret")} ${name}`, state])],
    children: users.map((user) => userTree(user, shown)),
  };
}

function userTree({ kind, name, uses, isRestarted, rollout, pods }: UserNode, shown: Shown): TreeNode {
  const { style } = shown;
  const restart =
    kind === "Pod" || kind === "Job" || kind === "CronJob" ? undefined : restartText(isRestarted, style);
  const use = uses.length === 0 ? style.warning("does not use the Secret") : uses.join(", ");
  const head = joined([`${style.strong(kind)} ${name}`, use, restart, rollout]);
  if (kind === "Pod") return { lines: pods.map((pod) => `${head}, ${podState(pod, shown)}`), children: [] };
  const hidden = pods.length - MOST_PODS;
  const children = pods.slice(0, MOST_PODS).map((pod) => ({
    lines: [joined([`Pod ${pod.name}`, podState(pod, shown)])],
    children: [],
  }));
  const rest = hidden > 0 ? [{ lines: [style.faint(`and ${hidden} more Pods`)], children: [] }] : [];
  return { lines: [head], children: [...children, ...rest] };
}

function restartText(isRestarted: boolean, style: Style): string {
  return isRestarted ? "restarted with each new value" : style.faint("not restarted (no label)");
}

function podState({ phase, createdAt, isOlderThanValue }: PodNode, { style, now }: Shown): string {
  const state = `${phase}, ${age(createdAt, now)} old`;
  return isOlderThanValue ? `${state}, ${style.warning("older than the value")}` : state;
}

function problemLines(problem: Problem | undefined, { style }: Shown): readonly string[] {
  if (problem === undefined) return [];
  const { reason, message, advice, command } = problem;
  return [
    style.bad(`${reason}: ${message}`),
    ...(advice === undefined ? [] : [`What to do: ${advice}`]),
    ...(command === undefined ? [] : [`Try: ${command}`]),
  ];
}

function timeline(entries: readonly TimelineEntry[], { style, now }: Shown): string {
  if (entries.length === 0) return "";
  const hidden = entries.length - MOST_ENTRIES;
  const lines = entries.slice(-MOST_ENTRIES).map(({ at, object, namespace, reason, note, isWarning }) => {
    const where = namespace === undefined ? object : `${namespace}/${object.slice(object.indexOf("/") + 1)}`;
    const what = reason === "" ? note : `${isWarning ? style.warning(reason) : reason}: ${note}`;
    return `${`${age(at, now)} ago`.padStart(9)}  ${where}  ${what}\n`;
  });
  const earlier = hidden > 0 ? style.faint(`           and ${hidden} earlier entries\n`) : "";
  return `${style.strong("Timeline")}\n${earlier}${lines.join("")}`;
}

/** `in 5d` or `5d ago`. */
function when(time: string, now: Date): string {
  const ms = Date.parse(time) - now.getTime();
  return ms > 0 ? `in ${shortSpan(ms)}` : `${shortSpan(-ms)} ago`;
}

function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(", ");
}
