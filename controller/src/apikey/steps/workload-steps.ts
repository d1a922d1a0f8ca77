import type { Dependent, Step, StepResult, WorkloadKind } from "@signatureapi-keys/lifecycle";
import type { KubeError, MalformedObject } from "../../kube/index.ts";
import { restartName } from "../../resources/names.ts";
import { rolloutOf } from "../../workloads/rollout.ts";
import { PODS, secretUsers } from "../../workloads/pods.ts";
import { createdAt, RESTARTED_AT, WORKLOADS, type Workload } from "../../workloads/types.ts";
import { workloadProblem } from "../problems.ts";
import type { StepContext } from "./context.ts";
import { done, rejected } from "./results.ts";

const KINDS: readonly WorkloadKind[] = ["Deployment", "StatefulSet", "DaemonSet"];

/** A live listing of the workloads whose owners have labelled them for restarts. */
export async function readWorkloads({ env, ref }: StepContext): Promise<StepResult> {
  const { namespace } = ref;
  const name = restartName(ref.name);
  const lists = await Promise.all(
    KINDS.map(async (kind) => {
      const { items, malformed } = await env.kube.listAll(WORKLOADS[kind], {
        namespace,
        labelSelector: `${name}=true`,
      });
      return { malformed, workloads: items.map((workload) => dependentOf(kind, workload, name)) };
    }),
  );
  const unread = lists.flatMap(({ malformed }) => malformed);
  if (unread.length > 0) return unreadable(unread);
  return done({ dependents: { state: "read", workloads: lists.flatMap(({ workloads }) => workloads) } });
}

/** A live listing of the Pods, of which those that use the Secret are kept. */
export async function readPods({ env, ref, memory }: StepContext): Promise<StepResult> {
  const { items, malformed } = await env.kube.listAll(PODS, { namespace: ref.namespace });
  if (malformed.length > 0) return unreadable(malformed);
  const pods = secretUsers(items, memory.object.secretName);
  return done({ users: { state: "read", pods } });
}

/** What cannot be read may be in use: it must not count as not there. */
function unreadable(malformed: readonly MalformedObject[]): StepResult {
  const names = malformed.map(({ key }) => key).join(", ");
  return rejected(workloadProblem(`cannot be read: ${names}`, true));
}

/**
 * Restarts a workload: its Pod template names the value that it is restarted for, in an annotation of a field manager
 * of its own for each ApiKey, so that no fields of others are touched. A second time is no change.
 */
export async function restartWorkload(
  context: StepContext,
  { workload, fingerprint }: Step & { kind: "restart-workload" },
): Promise<StepResult> {
  const { env, ref } = context;
  const { kind, name, uid, resourceVersion } = workload;
  const manager = restartName(ref.name);
  const template = { metadata: { annotations: { [manager]: fingerprint } } };
  const answer = await env.kube.apply(
    WORKLOADS[kind],
    { metadata: { namespace: ref.namespace, name, uid, resourceVersion }, spec: { template } },
    { fieldManager: manager, force: true },
  );
  env.journal.restarted(context, answer);
  return done({ restarted: dependentOf(kind, answer, manager) });
}

/** How a failure to list or restart workloads reads in a condition. */
export function workloadFailure(step: Step): (error: KubeError) => ReturnType<typeof workloadProblem> {
  const what =
    step.kind === "restart-workload"
      ? `${step.workload.kind} ${step.workload.name} cannot be restarted`
      : `${step.kind === "read-pods" ? "Pods" : "workloads"} cannot be listed`;
  return (error) => workloadProblem(`${what}: ${error.message}`, error.kind !== "forbidden");
}

function dependentOf(kind: WorkloadKind, workload: Workload, name: string): Dependent {
  const { metadata, spec } = workload;
  const annotations = spec?.template?.metadata?.annotations ?? {};
  const restartedAt = Date.parse(annotations[RESTARTED_AT] ?? "");
  return {
    kind,
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    createdAt: createdAt(workload),
    fingerprint: annotations[name],
    restartedAt: Number.isNaN(restartedAt) ? undefined : restartedAt,
    rollout: rolloutOf(workload),
  };
}
