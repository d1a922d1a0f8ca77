import type { KubeClient } from "@signatureapi-keys/controller/kube";
import { API_KEYS } from "@signatureapi-keys/controller/resources";
import { summarize, type ApiKeySummary } from "../api-key-summary.ts";
import { clusterNamespace } from "../checks/accounts.ts";
import { serviceAccountOf, userOf } from "../cluster-objects.ts";
import type { Facts, RehearsedWrite } from "../facts.ts";
import { attempt, valueOf, type Read } from "../read.ts";
import { INSTALLER_RIGHTS } from "../rights.ts";
import { listAccounts, readCredentials } from "./accounts.ts";
import { findDeployments, readControllers } from "./controllers.ts";
import { expectedKinds, readKinds } from "./kinds.ts";
import { readPolicies } from "./policies.ts";
import { rehearseSecret } from "./rehearsal.ts";
import { reviewRights } from "./rights.ts";
import { readServer } from "./server.ts";

/** Admission is tried in so many namespaces that have ApiKeys. */
const MOST_REHEARSALS = 10;

/** Where to look, and for what. */
export interface Scope {
  readonly when: Facts["when"];
  /** Of accounts and ApiKeys; undefined for all. */
  readonly namespace: string | undefined;
  /** Where admission is tried if there are no ApiKeys yet. */
  readonly ownNamespace: string;
  /** Where the controller is, if the flag says so. */
  readonly controllerNamespace: string | undefined;
  readonly pluginVersion: string;
}

/** Where the pages install the controller. */
export const USUAL_NAMESPACE = "signatureapi-system";

/** Reads all that the checks look at. Nothing is changed: writes are dry runs. */
export async function gather(kube: KubeClient, scope: Scope, now: () => Date): Promise<Facts> {
  const server = await readServer(kube, () => now().getTime());
  const expected = expectedKinds();
  const installedKinds = await readKinds(kube, expected);
  const deployments = await attempt(async () =>
    findDeployments(kube, scope.controllerNamespace, USUAL_NAMESPACE),
  );
  const common = {
    when: scope.when,
    now: now().getTime(),
    pluginVersion: scope.pluginVersion,
    ...server,
    expectedKinds: expected,
    installedKinds,
  };
  return scope.when === "before"
    ? { ...common, ...(await before(kube, scope, deployments)) }
    : { ...common, ...(await after(kube, scope, deployments)) };
}

type Rest = Omit<
  Facts,
  "when" | "now" | "pluginVersion" | "kubernetes" | "clock" | "expectedKinds" | "installedKinds"
>;
type Deployments = Read<Awaited<ReturnType<typeof findDeployments>>>;

async function before(kube: KubeClient, { ownNamespace }: Scope, deployments: Deployments): Promise<Rest> {
  return {
    controllers: await readControllers(kube, deployments),
    installerRights: await reviewRights(kube, INSTALLER_RIGHTS, undefined),
    policies: { value: [] },
    rehearsals: [await rehearseSecret(kube, ownNamespace, undefined)],
    accounts: { value: [] },
    credentials: [],
    apiKeys: { value: [] },
  };
}

async function after(kube: KubeClient, scope: Scope, deployments: Deployments): Promise<Rest> {
  const { namespace } = scope;
  const controllers = await readControllers(kube, deployments);
  const accounts = await attempt(async () => listAccounts(kube, namespace));
  const apiKeys = await attempt(async () =>
    (await kube.listAll(API_KEYS, { namespace })).items.map(summarize),
  );
  const credentials = await readCredentials(kube, valueOf(accounts) ?? [], clusterNamespace(controllers));
  return {
    controllers,
    installerRights: { value: [] },
    policies: await readPolicies(kube),
    rehearsals: await rehearseAll(kube, scope, { controllers, apiKeys }),
    accounts,
    credentials,
    apiKeys,
  };
}

async function rehearseAll(
  kube: KubeClient,
  { ownNamespace }: Scope,
  { controllers, apiKeys }: { controllers: Facts["controllers"]; apiKeys: Read<readonly ApiKeySummary[]> },
): Promise<readonly RehearsedWrite[]> {
  const first = valueOf(controllers)?.[0];
  const as = first === undefined ? undefined : userOf(serviceAccountOf(first.deployment));
  const used = new Set((valueOf(apiKeys) ?? []).map(({ namespace }) => namespace));
  const namespaces = used.size === 0 ? [ownNamespace] : [...used].toSorted().slice(0, MOST_REHEARSALS);
  const rehearsals: RehearsedWrite[] = [];
  for (const namespace of namespaces) rehearsals.push(await rehearseSecret(kube, namespace, as));
  return rehearsals;
}
