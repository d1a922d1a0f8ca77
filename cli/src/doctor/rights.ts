import type { ControllerOptions } from "@signatureapi-keys/controller/options";

/** One verb on one resource in one scope. */
export interface Right {
  /** Undefined for the whole cluster. */
  readonly namespace: string | undefined;
  readonly group: string;
  /** With its subresource: `apikeys/status`. */
  readonly resource: string;
  readonly name?: string;
  readonly verb: string;
}

const OURS = "signatureapi.com";

type Rule = readonly [group: string, resource: string, verbs: readonly string[], name?: string];

/**
 * What the controller needs, by its flags: what the chart grants for the same values.
 *
 * @param own the namespace of the lease and of the credentials.
 */
export function controllerRights(
  options: Pick<
    ControllerOptions,
    | "namespaces"
    | "secretAccess"
    | "workloadAccess"
    | "podAccess"
    | "leaderElect"
    | "leaseName"
    | "metricsSecure"
    | "metricsAddress"
  >,
  own: string,
): readonly Right[] {
  const scopes = options.namespaces ?? [undefined];
  const clusterRules = options.namespaces === undefined ? CLUSTER_RULES : [];
  const metricsRules =
    options.metricsSecure && options.metricsAddress !== undefined ? SECURE_METRICS_RULES : [];
  const leaseRules: readonly Rule[] = options.leaderElect
    ? [
        ["coordination.k8s.io", "leases", ["create"]],
        ["coordination.k8s.io", "leases", ["get", "update", "watch"], options.leaseName],
      ]
    : [];
  return [
    ...scopes.flatMap((namespace) => rightsOf(namespacedRules(options), namespace)),
    ...rightsOf([...clusterRules, ...metricsRules], undefined),
    ...rightsOf(leaseRules, own),
  ];
}

const CLUSTER_RULES: readonly Rule[] = [
  [OURS, "clusteraccounts", ["list", "watch", "patch"]],
  [OURS, "clusteraccounts/status", ["update"]],
  ["", "namespaces", ["get", "list", "watch"]],
];

const SECURE_METRICS_RULES: readonly Rule[] = [
  ["authentication.k8s.io", "tokenreviews", ["create"]],
  ["authorization.k8s.io", "subjectaccessreviews", ["create"]],
];

function namespacedRules({
  secretAccess,
  workloadAccess,
  podAccess,
}: Pick<ControllerOptions, "secretAccess" | "workloadAccess" | "podAccess">): readonly Rule[] {
  const secretReads = secretAccess === "get" ? ["get"] : ["get", "list", "watch"];
  const workloads: readonly Rule[] =
    workloadAccess === "restart"
      ? ["deployments", "statefulsets", "daemonsets"].map((kind): Rule => ["apps", kind, ["list", "patch"]])
      : [];
  const pods: readonly Rule[] = podAccess === "list" ? [["", "pods", ["list"]]] : [];
  return [
    [OURS, "apikeys", ["get", "list", "watch", "patch"]],
    [OURS, "accounts", ["list", "watch", "patch"]],
    [OURS, "apikeys/status", ["update"]],
    [OURS, "accounts/status", ["update"]],
    ["", "secrets", [...secretReads, "create", "update", "delete"]],
    ["", "configmaps", ["get"]],
    ...workloads,
    ...pods,
    ["events.k8s.io", "events", ["create", "patch"]],
  ];
}

/** What the user needs in order to install the chart with its defaults. */
export const INSTALLER_RIGHTS: readonly Right[] = [
  {
    namespace: undefined,
    group: "apiextensions.k8s.io",
    resource: "customresourcedefinitions",
    verb: "create",
  },
  { namespace: undefined, group: "rbac.authorization.k8s.io", resource: "clusterroles", verb: "create" },
  {
    namespace: undefined,
    group: "rbac.authorization.k8s.io",
    resource: "clusterrolebindings",
    verb: "create",
  },
  {
    namespace: undefined,
    group: "admissionregistration.k8s.io",
    resource: "validatingadmissionpolicies",
    verb: "create",
  },
  {
    namespace: undefined,
    group: "admissionregistration.k8s.io",
    resource: "validatingadmissionpolicybindings",
    verb: "create",
  },
];

function rightsOf(rules: readonly Rule[], namespace: string | undefined): readonly Right[] {
  return rules.flatMap(([group, resource, verbs, name]) =>
    verbs.map((verb) => ({ namespace, group, resource, verb, ...(name !== undefined && { name }) })),
  );
}

/** For a person: `list secrets in shop`. */
function rightText({ namespace, group, resource, name, verb }: Right): string {
  const what = group === "" ? resource : `${resource}.${group}`;
  const which = name === undefined ? "" : ` ${name}`;
  return `${verb} ${what}${which} in ${namespace === undefined ? "all namespaces" : `namespace ${namespace}`}`;
}

/** Rights on one resource in one sentence: `get, list secrets in all namespaces`. */
export function rightTexts(rights: readonly Right[]): readonly string[] {
  const groups = Map.groupBy(rights, ({ verb: _verb, ...rest }) => JSON.stringify(rest));
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined
      ? []
      : [rightText({ ...first, verb: same.map(({ verb }) => verb).join(", ") })];
  });
}
