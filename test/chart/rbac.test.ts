import { rootCertificates } from "node:tls";
import { describe, expect, test, vi } from "vitest";
import type { ControllerChild } from "../e2e/controller-child.ts";
import { getSecurely } from "../e2e/get-securely.ts";
import { account, clusterAccount, credentials, type Manifest } from "../e2e/manifests.ts";
import { requestsOf, type AuditedRequest } from "./audit-log.ts";
import { grantsTo, grantText, uses } from "./grants.ts";
import { Installation, SYSTEM, type InstallationOptions } from "./installation.ts";
import { liveThrough } from "./life-of-keys.ts";

const TWO_ACCOUNTS = {
  accounts: [
    { id: "acc_shop", token: "token-shop" },
    { id: "acc_billing", token: "token-billing" },
  ],
};

/** Requests that may be refused, each with the reason why the controller makes them without the right. */
interface AllowedRefusal {
  readonly verb: string;
  readonly resource: string;
  readonly because: string;
}

const PROBE: AllowedRefusal = {
  verb: "list",
  resource: "clusteraccounts",
  because: "the controller asks once at its start whether it can work with ClusterAccounts",
};

/** Runs the controller through a story, and shows what its service account did and what it was granted. */
async function runAsServiceAccount(
  options: InstallationOptions,
  story: (installation: Installation, controller: ControllerChild) => Promise<void>,
): Promise<{ requests: readonly AuditedRequest[]; unused: readonly string[] }> {
  await using installation = await Installation.install(options);
  const controller = await installation.startReplica();
  // A second replica, which waits for the lease.
  const standby = await installation.startReplica();
  try {
    await story(installation, controller);
  } catch (error) {
    throw new Error(`${String(error)}\nThe controller said:\n${controller.output.slice(-4_000)}`, {
      cause: error,
    });
  }
  // The one that leads last, so that the other never does.
  const ends = isLeading(standby) ? [controller, standby] : [standby, controller];
  for (const replica of ends) expect(await replica.end()).toBe(0);
  const { namespace, name } = installation.serviceAccount;
  const grants = grantsTo(installation.objects, installation.serviceAccount);
  expect(grants.length).toBeGreaterThan(20);
  const read = async (): Promise<{ requests: readonly AuditedRequest[]; unused: readonly string[] }> => {
    const requests = await requestsOf(
      installation.cluster.auditLogFile,
      `system:serviceaccount:${namespace}:${name}`,
    );
    const unused = grants.filter(
      (grant) => !requests.some((request) => !isRefused(request) && uses(request, grant)),
    );
    return { requests, unused: unused.map(grantText) };
  };
  // A watch is logged when it ends, a moment after the process has.
  await vi
    .waitFor(async () => expect((await read()).unused).toEqual([]), { timeout: 5_000 })
    .catch(() => undefined);
  return await read();
}

function isLeading({ output }: ControllerChild): boolean {
  return output.includes("this replica leads");
}

/** A 404 was authorised: the first look at a lease finds none. */
function isRefused({ code }: AuditedRequest): boolean {
  return code === 401 || code === 403;
}

function refusals(
  requests: readonly AuditedRequest[],
  allowed: readonly AllowedRefusal[],
): readonly string[] {
  return requests
    .filter(isRefused)
    .filter(({ verb, resource }) => !allowed.some((one) => one.verb === verb && one.resource === resource))
    .map(({ verb, uri }) => `${verb} ${uri}`);
}

/** Has the controller ask who reads its metrics. The administrator of the cluster may read everything. */
async function scrape({ cluster }: Installation, controller: ControllerChild): Promise<void> {
  const answer = await getSecurely(await controller.metricsAddress(), "/metrics", {
    authorization: `Bearer ${cluster.adminToken}`,
  });
  expect(answer.status).toBe(200);
}

const TRUSTS_COMPANY_CA = { caBundleConfigMapRef: { name: "company-ca" } };

function companyCa(namespace: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "company-ca", namespace },
    data: { "ca.crt": rootCertificates[0] },
  };
}

describe("the service account may do exactly what the controller does", () => {
  test("cluster-wide, with ClusterAccounts and Accounts", { timeout: 180_000 }, async () => {
    const options: InstallationOptions = {
      release: { valueSet: "default", values: { metrics: { secure: { enabled: true } } } },
      namespaces: { shop: { "signatureapi.com/live": "true" }, billing: {} },
      emulator: TWO_ACCOUNTS,
    };
    const { requests, unused } = await runAsServiceAccount(options, async (installation, controller) => {
      const { url } = installation.emulator;
      await scrape(installation, controller);
      const allow = [
        { modes: ["test"], namespaceSelector: {} },
        { modes: ["live"], namespaceSelector: { matchLabels: { "signatureapi.com/live": "true" } } },
      ];
      await installation.apply(
        credentials(SYSTEM, { token: "token-shop" }),
        clusterAccount("acme", url, { allow }),
        credentials("billing", { token: "token-billing" }),
        companyCa("billing"),
        account("billing", url, TRUSTS_COMPANY_CA),
      );
      await liveThrough(installation, "shop", { kind: "ClusterAccount", name: "acme" });
      await liveThrough(installation, "billing", { kind: "Account", name: "default" });
    });
    expect({ unused, refused: refusals(requests, []) }).toEqual({ unused: [], refused: [] });
  });

  test("in two namespaces, without listing or watching Secrets", { timeout: 180_000 }, async () => {
    const options: InstallationOptions = {
      release: { valueSet: "namespaced", values: { resync: "1s" } },
      namespaces: { shop: {}, billing: {} },
      emulator: TWO_ACCOUNTS,
    };
    const { requests, unused } = await runAsServiceAccount(options, async (installation) => {
      for (const namespace of ["shop", "billing"]) {
        await installation.apply(
          credentials(namespace, { token: `token-${namespace}` }),
          companyCa(namespace),
          account(namespace, installation.emulator.url, TRUSTS_COMPANY_CA),
        );
        await liveThrough(installation, namespace, { kind: "Account", name: "default" });
      }
    });
    expect({ unused, refused: refusals(requests, [PROBE]) }).toEqual({ unused: [], refused: [] });
    expect(
      requests.filter(({ verb, resource }) => resource === "secrets" && ["list", "watch"].includes(verb)),
    ).toEqual([]);
  });
});
