import { describe, expect, test } from "vitest";
import type { ApiKeySummary } from "./api-key-summary.ts";
import { diagnose } from "./diagnose.ts";
import type { Facts } from "./facts.ts";
import { CHECKS, worst, type CheckName, type FindingState } from "./finding.ts";
import {
  account,
  ago,
  apiKey,
  condition,
  controller,
  deployment,
  facts,
  lease,
  NOW,
  options,
  pod,
} from "./testing/facts.ts";

const FORBIDDEN = { failed: "forbidden", message: "forbidden to you" } as const;

/** What is wrong in the facts of a row, and what must be found. */
type Row = readonly [
  name: string,
  changes: Partial<Facts>,
  check: CheckName,
  state: FindingState,
  what: RegExp,
  remedy?: RegExp,
];

const GONE = { name: "apikeys.signatureapi.com", served: ["v1"], established: true, fields: ["spec"] };
const policy = { name: "system-controller-status", bound: true, denies: true };
const rehearsal = { namespace: "shop", as: "system:serviceaccount:system:sa" };

const CLUSTER: readonly Row[] = [
  [
    "an old cluster",
    { kubernetes: { value: "v1.29.9" } },
    "cluster",
    "problem",
    /older than 1\.30/,
    /Upgrade/,
  ],
  ["a cluster that does not answer", { kubernetes: FORBIDDEN }, "cluster", "unknown", /forbidden to you/],
  [
    "a version of its own",
    { kubernetes: { value: "unknown" } },
    "cluster",
    "unknown",
    /cannot be understood/,
  ],
  ["a version of a vendor", { kubernetes: { value: "v1.30.14+k3s1" } }, "cluster", "ok", /is supported/],
  [
    "kinds that are missing",
    { installedKinds: { value: [] } },
    "kinds",
    "problem",
    /not installed/,
    /files\/crds/,
  ],
  [
    "kinds that may not be read",
    { installedKinds: FORBIDDEN },
    "kinds",
    "unknown",
    /forbidden/,
    /api-resources/,
  ],
  [
    "kinds that are not served",
    { installedKinds: { value: [{ ...GONE, served: [] }] } },
    "kinds",
    "problem",
    /does not serve v1/,
    /describe crd/,
  ],
  ["older kinds", { installedKinds: { value: [GONE] } }, "kinds", "warning", /lacks fields.*\(spec\.mode\)/],
  [
    "newer kinds",
    { installedKinds: { value: [{ ...GONE, fields: ["spec", "spec.mode", "a", "b", "c", "d"] }] } },
    "kinds",
    "warning",
    /does not know \(a, b, c, and 1 more\)/,
    /Upgrade this plugin/,
  ],
  [
    "a clock that is ahead",
    { clock: { server: NOW, ours: NOW + 60_000, uncertainty: 500 } },
    "clock",
    "warning",
    /60s ahead of/,
  ],
  [
    "a clock that is behind",
    { clock: { server: NOW + 60_000, ours: NOW, uncertainty: 500 } },
    "clock",
    "warning",
    /60s behind/,
  ],
  [
    "a slow answer",
    { clock: { server: NOW, ours: NOW + 60_000, uncertainty: 55_000 } },
    "clock",
    "ok",
    /agree/,
  ],
  ["no date", { clock: undefined }, "clock", "unknown", /no date/],
];

const one = (changes: Parameters<typeof controller>[0]): Partial<Facts> => ({
  controllers: { value: [controller(changes)] },
});

const CONTROLLER: readonly Row[] = [
  ["no controller", { controllers: { value: [] } }, "controller", "problem", /no Deployment/, /install\.md/],
  [
    "no right to look for it",
    { controllers: FORBIDDEN },
    "controller",
    "unknown",
    /forbidden/,
    /--controller-namespace/,
  ],
  [
    "two of them",
    { controllers: { value: [controller(), controller()] } },
    "controller",
    "warning",
    /2 Deployments/,
  ],
  [
    "none ready",
    one({ deployment: deployment({ ready: 0 }) }),
    "controller",
    "problem",
    /none of 2 replicas/,
    /describe/,
  ],
  ["some ready", one({ deployment: deployment({ ready: 1 }) }), "controller", "warning", /1 of 2/],
  [
    "none wanted",
    one({ deployment: deployment({ replicas: 0 }) }),
    "controller",
    "problem",
    /scaled to 0/,
    /scale/,
  ],
  [
    "another version",
    one({ deployment: deployment({ version: "0.2.0" }) }),
    "controller",
    "warning",
    /0\.2\.0.*0\.1\.0/,
  ],
  [
    "flags that cannot be used",
    one({ options: { problem: "--no is unknown" } }),
    "controller",
    "problem",
    /--no is unknown/,
  ],
  [
    "a controller that changes nothing",
    one({ options: options("--read-only") }),
    "controller",
    "warning",
    /--read-only/,
  ],
  ["Pods that may not be read", one({ pods: FORBIDDEN }), "controller", "unknown", /Pods cannot be read/],
  [
    "a container that crashes",
    one({
      pods: {
        value: [
          pod({
            restartCount: 3,
            state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m" } },
            lastState: { terminated: {} },
          }),
        ],
      },
    }),
    "controller",
    "problem",
    /CrashLoopBackOff: back-off 5m/,
    /logs controller-0 -c controller --previous$/,
  ],
  [
    "a container that restarts",
    one({
      pods: {
        value: [pod({ restartCount: 6, lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } } })],
      },
    }),
    "controller",
    "warning",
    /restarted 6 times, the last time with OOMKilled/,
  ],
  ["a stale lease", one({ lease: lease(60) }), "leader", "problem", /has not renewed the lease for 60s/],
  [
    "a released lease",
    one({ lease: lease(1, { holderIdentity: "" }) }),
    "leader",
    "warning",
    /no replica holds/,
  ],
  ["no lease at all", one({ lease: { value: undefined } }), "leader", "problem", /ever taken/],
  ["a lease of the future", one({ lease: lease(-60) }), "leader", "warning", /60s ahead of the API server/],
  ["a lease that may not be read", one({ lease: FORBIDDEN }), "leader", "unknown", /cannot be read/],
  [
    "a fresh lease on a machine whose clock is ahead",
    { ...one({ lease: lease(60) }), clock: { server: NOW - 60_000, ours: NOW, uncertainty: 500 } },
    "leader",
    "ok",
    /renewed 0s ago/,
  ],
  [
    "replicas without election",
    one({ lease: undefined, options: options() }),
    "leader",
    "problem",
    /work on the same keys/,
  ],
  [
    "rights that are missing",
    one({
      rights: {
        value: ["create", "update"].map((verb) => ({
          right: { namespace: undefined, group: "", resource: "secrets", verb },
          allowed: false,
        })),
      },
    }),
    "rights",
    "problem",
    /may not create, update secrets in all namespaces/,
    /rbac\.create/,
  ],
  [
    "rights that may not be asked",
    one({ rights: FORBIDDEN }),
    "rights",
    "unknown",
    /cannot be checked/,
    /--as=system:serviceaccount:system:sa/,
  ],
  [
    "a proxy without exceptions",
    one({ deployment: deployment({ env: [{ name: "HTTPS_PROXY", value: "http://proxy:3128" }] }) }),
    "proxy",
    "warning",
    /without NO_PROXY/,
  ],
  [
    "a proxy that is no URL",
    one({ deployment: deployment({ env: [{ name: "https_proxy", value: "socks5://u:hunter2@proxy" }] }) }),
    "proxy",
    "problem",
    /https_proxy is no URL of an HTTP proxy/,
  ],
];

const ADMISSION: readonly Row[] = [
  [
    "no policies",
    { policies: { value: [] } },
    "admission",
    "warning",
    /\*-status is not installed/,
    /admissionPolicy/,
  ],
  ["policies that may not be read", { policies: FORBIDDEN }, "admission", "unknown", /cannot be read/],
  [
    "a policy without binding",
    { policies: { value: [{ ...policy, bound: false, denies: false }] } },
    "admission",
    "problem",
    /no binding/,
  ],
  [
    "a policy that only warns",
    { policies: { value: [{ ...policy, denies: false }] } },
    "admission",
    "warning",
    /does not deny/,
  ],
  [
    "a webhook that changes Secrets",
    { rehearsals: [{ ...rehearsal, outcome: { altered: ["metadata.labels"] } }] },
    "admission",
    "warning",
    /changed by admission: metadata\.labels/,
    /secretaltered/,
  ],
  [
    "a quota",
    { rehearsals: [{ ...rehearsal, outcome: { refused: "forbidden", message: "exceeded quota: small" } }] },
    "admission",
    "problem",
    /exceeded quota/,
    /secretrejected/,
  ],
  [
    "a user who may not impersonate",
    {
      rehearsals: [
        {
          ...rehearsal,
          outcome: { refused: "forbidden", message: 'User "ada" cannot impersonate resource "users"' },
        },
      ],
    },
    "admission",
    "unknown",
    /not possible with your rights/,
    /may impersonate/,
  ],
];

const ACCOUNTS: readonly Row[] = [
  [
    "no accounts",
    { accounts: { value: [] } },
    "accounts",
    "ok",
    /no Account and no ClusterAccount/,
    /account\.md/,
  ],
  ["accounts that may not be read", { accounts: FORBIDDEN }, "accounts", "unknown", /cannot be read/],
  [
    "a suspended one",
    { accounts: { value: [account({}, { suspend: true })] } },
    "accounts",
    "warning",
    /suspended/,
  ],
  [
    "one that was not looked at",
    { accounts: { value: [account({ conditions: [] })] } },
    "accounts",
    "problem",
    /not looked at/,
  ],
  [
    "one at an address that is not allowed",
    { accounts: { value: [account({ conditions: [condition("Ready", "False", "AddressNotAllowed", 2)] })] } },
    "accounts",
    "problem",
    /AddressNotAllowed: AddressNotAllowed happened/,
    /--allowed-address-ranges.*docs\/reasons\.md#addressnotallowed/,
  ],
  [
    "an old inventory",
    { accounts: { value: [account({ lastInventoryAt: ago(3_600) })] } },
    "accounts",
    "warning",
    /60m ago/,
  ],
  [
    "unaccounted keys",
    { accounts: { value: [account({ keys: { unaccounted: 2 } })] } },
    "accounts",
    "warning",
    /2 active keys/,
    /kubectl signatureapi orphans/,
  ],
  [
    "no credentials",
    { credentials: [{ namespace: "shop", name: "credentials", secret: { value: undefined } }] },
    "accounts",
    "problem",
    /Secret shop\/credentials does not exist/,
    /create secret generic credentials --from-file=token=/,
  ],
  [
    "credentials that may not be read",
    { credentials: [{ namespace: "shop", name: "credentials", secret: FORBIDDEN }] },
    "accounts",
    "unknown",
    /cannot be looked at/,
  ],
];

const delivered = condition("Ready", "True", "KeyDelivered");
const key = (
  conditions: readonly ReturnType<typeof condition>[],
  status: ApiKeySummary["status"] = {},
): Partial<Facts> => ({
  apiKeys: { value: [apiKey("app", { status: { ...status, conditions: [...conditions] } })] },
});

const API_KEYS: readonly Row[] = [
  ["ApiKeys that may not be read", { apiKeys: FORBIDDEN }, "apikeys", "unknown", /cannot be read/],
  [
    "one that is not ready",
    key([condition("Ready", "False", "SecretConflict")]),
    "apikeys",
    "problem",
    /not ready: SecretConflict/,
    /adoption/,
  ],
  [
    "one that is degraded",
    key([delivered, condition("Degraded", "True", "RolloutStuck")]),
    "apikeys",
    "warning",
    /works, and RolloutStuck/,
  ],
  ["one that was not looked at", key([]), "apikeys", "problem", /not looked at the spec/],
  [
    "one that was edited since",
    { apiKeys: { value: [apiKey("app", { generation: 2 })] } },
    "apikeys",
    "problem",
    /not looked at the spec/,
  ],
  [
    "work that does not end",
    key([condition("Ready", "False", "Adopting")]),
    "apikeys",
    "warning",
    /Adopting, for a long time/,
  ],
  [
    "a retirement that is held",
    key([delivered], { previous: [{ keyId: "ak_0", revokeAt: ago(3_600), reason: "x" }] }),
    "apikeys",
    "warning",
    /stay active past/,
    /status app -n shop/,
  ],
  [
    "an attempt that does not end",
    key([delivered], { attempt: { id: "a", op: "create", revision: 1, startedAt: ago(3_600), reason: "x" } }),
    "apikeys",
    "warning",
    /an attempt/,
  ],
  [
    "a status of another version",
    { apiKeys: { value: [apiKey("app", { status: undefined })] } },
    "apikeys",
    "unknown",
    /cannot be understood/,
  ],
];

const ROWS = [...CLUSTER, ...CONTROLLER, ...ADMISSION, ...ACCOUNTS, ...API_KEYS];

test("where nothing is wrong, each check says so, and nothing else", () => {
  const findings = diagnose(facts());
  expect(findings.filter(({ state }) => state !== "ok")).toEqual([]);
  const quiet = CHECKS.filter((check) => findings.every((finding) => finding.check !== check));
  expect(quiet).toEqual(["proxy"]);
});

describe("doctor finds", () => {
  test.each(ROWS.map(([name, changes, ...found]) => ({ name, changes, found })))(
    "$name",
    ({ changes, found: [check, state, what, remedy = /^/] }) => {
      const findings = diagnose(facts(changes)).filter((finding) => finding.check === check);
      const found = findings.filter((finding) => what.test(finding.what));
      expect(found.map((finding) => finding.state)).toContain(state);
      expect(found[0]?.remedy ?? "").toMatch(remedy);
    },
  );

  test("no password of a proxy", () => {
    const env = [{ name: "HTTPS_PROXY", value: "socks5://ada:hunter2@proxy" }];
    const text = JSON.stringify(diagnose(facts(one({ deployment: deployment({ env }) }))));
    expect(text).not.toMatch(/hunter2|ada/);
  });

  test("ApiKeys with one reason together, five by name", () => {
    const conditions = [condition("Ready", "False", "NotAllowed")];
    const apiKeys = ["a", "b", "c", "d", "e", "f", "g"].map((name) =>
      apiKey(name, { status: { conditions } }),
    );
    const found = diagnose(facts({ apiKeys: { value: apiKeys } })).filter(({ state }) => state === "problem");
    expect(found.map(({ where }) => where)).toEqual([
      "ApiKey shop/a, shop/b, shop/c, shop/d, shop/e, and 2 more",
    ]);
  });

  test("nothing about an ApiKey that was declared a moment ago", () => {
    const young = apiKey("app", { createdAt: NOW - 1_000, status: {} });
    expect(worst(diagnose(facts({ apiKeys: { value: [young] } })))).toBe("ok");
  });
});

describe("before the installation", () => {
  const before = { when: "before", controllers: { value: [] }, installedKinds: { value: [] } } as const;

  test("an empty cluster is fine, and accounts are not asked for", () => {
    const findings = diagnose(facts(before));
    expect(worst(findings)).toBe("ok");
    expect(new Set(findings.map(({ check }) => check))).toEqual(
      new Set(["cluster", "kinds", "controller", "clock", "rights", "admission"]),
    );
  });

  test("a user who may not create roles is a problem", () => {
    const right = {
      namespace: undefined,
      group: "rbac.authorization.k8s.io",
      resource: "clusterroles",
      verb: "create",
    };
    const findings = diagnose(facts({ ...before, installerRights: { value: [{ right, allowed: false }] } }));
    expect(findings.find(({ check }) => check === "rights")?.what).toMatch(
      /you may not create clusterroles\.rbac/,
    );
    expect(worst(findings)).toBe("problem");
  });
});

test("the worst finding is a problem, then what is unknown, then a warning", () => {
  const states: readonly FindingState[] = ["warning", "ok", "problem", "unknown"];
  expect(worst(states.map((state) => ({ state })))).toBe("problem");
  expect(worst([{ state: "warning" }, { state: "unknown" }])).toBe("unknown");
  expect(worst([])).toBe("ok");
});
