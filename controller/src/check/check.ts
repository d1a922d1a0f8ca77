import { setTimeout } from "node:timers/promises";
import { ACCOUNT_DOCUMENTS, type AccountDocument } from "../account/document.ts";
import { isKubeError, KubeClient, loadKubeConfig, systemClock, type KubeErrorKind } from "../kube/index.ts";
import { FIELD_MANAGER } from "../resources/names.ts";
import type { CheckOptions } from "./check-options.ts";
import { accountFindings, controllerFinding, type Finding, type ReadyAnswer } from "./findings.ts";

const LOOK_EVERY_MS = 1_000;
const ANSWER_WITHIN_MS = 5_000;

/**
 * Looks at a running controller and its accounts until all is ready, or the time is over, and prints what it has found.
 *
 * @returns the exit status: 0 where all is ready, 1 where not.
 */
export async function check(options: CheckOptions, print: (line: string) => void): Promise<number> {
  const access = await loadKubeConfig({ kubeconfigPath: options.kubeconfig });
  const kube = KubeClient.fromKubeConfig(access, {
    fieldManager: FIELD_MANAGER,
    timeoutMs: ANSWER_WITHIN_MS,
  });
  try {
    const end = systemClock.monotonic() + options.timeout;
    for (;;) {
      const findings = await look(kube, options);
      const ok = findings.every((finding) => finding.ok);
      if (ok || systemClock.monotonic() + LOOK_EVERY_MS > end) {
        for (const finding of findings) print(`${finding.ok ? "ok" : "failed"}: ${finding.text}`);
        return ok ? 0 : 1;
      }
      // Not by the clock of the controller, whose timers do not keep a process alive.
      await setTimeout(LOOK_EVERY_MS);
    }
  } finally {
    await kube.close();
  }
}

const ADVICE: Readonly<Partial<Record<KubeErrorKind, string>>> = {
  "not-found": "the cluster does not know the kind: install the CustomResourceDefinitions of the chart",
  forbidden: "the check needs the right to list accounts, as the chart gives it to the controller",
};

async function look(kube: KubeClient, options: CheckOptions): Promise<readonly Finding[]> {
  const controller = controllerFinding(options.healthUrl, await askReady(options.healthUrl));
  if (options.accounts === "none") return [controller];
  try {
    return [controller, ...accountFindings(await accountsOf(kube, options.namespaces))];
  } catch (error) {
    if (!isKubeError(error)) throw error;
    const advice = ADVICE[error.kind] ?? "check that the API server can be reached with these credentials";
    return [controller, { ok: false, text: `${error.message}; ${advice}` }];
  }
}

async function askReady(healthUrl: string): Promise<ReadyAnswer> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answer = await fetch(new URL("/readyz", healthUrl), { signal, redirect: "error" });
    return { status: answer.status, body: (await answer.text()).slice(0, 200) };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return { problem: cause instanceof Error ? cause.message || cause.name : "" };
  }
}

async function accountsOf(
  kube: KubeClient,
  namespaces: readonly string[] | undefined,
): Promise<readonly AccountDocument[]> {
  if (namespaces === undefined) {
    const kinds = [ACCOUNT_DOCUMENTS.ClusterAccount, ACCOUNT_DOCUMENTS.Account];
    return (await Promise.all(kinds.map(async (kind) => kube.listAll(kind)))).flatMap(({ items }) => items);
  }
  const lists = namespaces.map(async (namespace) => kube.listAll(ACCOUNT_DOCUMENTS.Account, { namespace }));
  return (await Promise.all(lists)).flatMap(({ items }) => items);
}
