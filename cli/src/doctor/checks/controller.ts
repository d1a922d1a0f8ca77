import { controllerContainer, type ControllerPod } from "../cluster-objects.ts";
import type { Facts, InstalledController } from "../facts.ts";
import { findingsOf, type Finding } from "../finding.ts";

const { ok, problem, unknown, warning } = findingsOf("controller");

const INSTALL =
  "Install the chart: docs/install.md. If it runs outside of the cluster, look at its log there.";
/** A container that has restarted more often than this deserves a look. */
const MANY_RESTARTS = 5;

/** Whether the controller is installed and runs. */
export function checkController({
  when,
  controllers,
  pluginVersion,
}: Pick<Facts, "when" | "controllers" | "pluginVersion">): readonly Finding[] {
  if (!("value" in controllers)) {
    const remedy = "Run it as a user who may list Deployments, or name the namespace: --controller-namespace";
    return [unknown(`the controller cannot be looked for: ${controllers.message}`, { remedy })];
  }
  const found = controllers.value;
  if (found.length === 0) {
    return when === "before"
      ? [ok("no controller is installed yet")]
      : [problem("no Deployment of the controller is there", { remedy: INSTALL })];
  }
  const several =
    found.length === 1
      ? []
      : [
          warning(
            `${found.length} Deployments of the controller are there: each is an installation of its own, and manages its own ApiKeys`,
            {
              where: found.map(({ deployment }) => deploymentName(deployment.metadata)).join(", "),
              remedy: "Unless you want several, remove all but one: docs/reasons.md#managedbyanother",
            },
          ),
        ];
  return [...several, ...found.flatMap((controller) => checkOne(controller, pluginVersion))];
}

function deploymentName({ namespace = "", name }: { namespace?: string | undefined; name: string }): string {
  return `Deployment ${namespace}/${name}`;
}

function checkOne(controller: InstalledController, pluginVersion: string): readonly Finding[] {
  return [
    replicas(controller),
    version(controller, pluginVersion),
    ...flags(controller),
    ...pods(controller),
  ];
}

function replicas({ deployment: { metadata, spec, status } }: InstalledController): Finding {
  const where = deploymentName(metadata);
  const { namespace = "", name } = metadata;
  const wanted = spec.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  const remedy = `kubectl -n ${namespace} describe deployment ${name}`;
  if (wanted === 0) {
    const scale = `kubectl -n ${namespace} scale deployment ${name} --replicas=1`;
    return problem("it is scaled to 0 replicas, so no key is delivered, rotated or revoked", {
      where,
      remedy: scale,
    });
  }
  if (ready === 0) return problem(`none of ${wanted} replicas is ready`, { where, remedy });
  if (ready < wanted) return warning(`${ready} of ${wanted} replicas are ready`, { where, remedy });
  return ok(`${ready} of ${wanted} replicas are ready`, { where });
}

function version({ deployment }: InstalledController, pluginVersion: string): Finding {
  const where = deploymentName(deployment.metadata);
  const installed = deployment.metadata.labels?.["app.kubernetes.io/version"];
  if (installed === undefined) return unknown("no label names its version", { where });
  if (installed === pluginVersion)
    return ok(`its version is ${installed}, as that of this plugin`, { where });
  const remedy =
    "Use the plugin of the version of the controller, or upgrade the controller: docs/upgrade.md";
  return warning(`its version is ${installed}, and that of this plugin is ${pluginVersion}`, {
    where,
    remedy,
  });
}

function flags({ deployment, options }: InstalledController): readonly Finding[] {
  const where = deploymentName(deployment.metadata);
  if ("problem" in options) {
    const remedy = "Correct its arguments: docs/flags.md";
    return [problem(`its flags cannot be used: ${options.problem}`, { where, remedy })];
  }
  if (!options.readOnly) return [];
  const remedy = "Set readOnly: false in the chart's values when you have looked.";
  return [warning("it runs with --read-only, so it changes nothing", { where, remedy })];
}

function pods({ deployment, pods: read }: InstalledController): readonly Finding[] {
  if (!("value" in read)) {
    const where = deploymentName(deployment.metadata);
    return [unknown(`its Pods cannot be read: ${read.message}`, { where })];
  }
  const name = controllerContainer(deployment)?.name;
  return read.value.flatMap((pod) => checkPod(pod, name));
}

function checkPod({ metadata, status }: ControllerPod, container: string | undefined): readonly Finding[] {
  const found = status?.containerStatuses?.find(({ name }) => name === container);
  const where = `Pod ${metadata.namespace ?? ""}/${metadata.name}`;
  const waiting = found?.state?.waiting;
  const logs = `kubectl -n ${metadata.namespace ?? ""} logs ${metadata.name} -c ${container ?? ""}`;
  if (
    waiting !== undefined &&
    waiting.reason !== "ContainerCreating" &&
    waiting.reason !== "PodInitializing"
  ) {
    const why = waiting.message === undefined ? "" : `: ${waiting.message}`;
    const before = found?.lastState?.terminated === undefined ? "" : " --previous";
    return [
      problem(`its container waits, ${waiting.reason ?? "without a reason"}${why}`, {
        where,
        remedy: logs + before,
      }),
    ];
  }
  const restarts = found?.restartCount ?? 0;
  if (restarts <= MANY_RESTARTS) return [];
  const last = found?.lastState?.terminated;
  const why =
    last === undefined
      ? ""
      : `, the last time with ${last.reason ?? "no reason"} (exit code ${last.exitCode ?? "unknown"})`;
  return [
    warning(`its container has restarted ${restarts} times${why}`, { where, remedy: `${logs} --previous` }),
  ];
}
