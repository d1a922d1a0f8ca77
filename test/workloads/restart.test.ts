import type { ApiKeyStatus } from "@signatureapi-keys/controller/resources";
import type { WorkloadKind } from "@signatureapi-keys/lifecycle";
import { stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventNote } from "../e2e/events.ts";
import type { RunningController } from "../e2e/running-controller.ts";
import { namespace, readyNamespace } from "../e2e/manifests.ts";
import { FAST_TIMING, MANY_TEST_KEYS, World } from "../e2e/world.ts";
import { KeyWithDependents } from "./key-with-dependents.ts";
import { workload } from "./workload.ts";

const KINDS: readonly WorkloadKind[] = ["Deployment", "StatefulSet", "DaemonSet"];
const ANNOTATION = "restart.signatureapi.com/app";

let world: World;
let controller: RunningController;

const settings = { timing: FAST_TIMING, flags: ["--metrics-address", "127.0.0.1:0"] };

beforeAll(async () => {
  world = await World.start({ cluster: { workloads: true }, emulator: MANY_TEST_KEYS });
  controller = await world.startController(settings);
});

afterAll(async () => world[Symbol.asyncDispose]());

const isRestarted = ({ restart }: ApiKeyStatus): boolean => restart?.restartedAt !== undefined;
const isRolledOut = ({ restart }: ApiKeyStatus): boolean => restart?.completedAt !== undefined;
const isAlone = ({ previous }: ApiKeyStatus): boolean => previous === undefined;

/** Replaces the controller by one that remembers nothing. */
async function restartController(): Promise<void> {
  await controller.stop();
  controller = await world.startController(settings);
}

async function templateAnnotation(
  key: KeyWithDependents,
  kind: WorkloadKind = "Deployment",
): Promise<string | undefined> {
  return (await key.workload(kind)).spec.template.metadata.annotations?.[ANNOTATION];
}

interface Forbidden {
  readonly namespace: string;
  readonly apiGroup: string;
  readonly resource: string;
  readonly operation: string;
}

/** Has an admission policy refuse something, and waits until it does. @param probe a dry run that is refused. */
async function forbid(name: string, what: Forbidden, probe: readonly string[]): Promise<void> {
  const apiVersion = "admissionregistration.k8s.io/v1";
  const rule = {
    apiGroups: [what.apiGroup],
    apiVersions: ["v1"],
    operations: [what.operation],
    resources: [what.resource],
  };
  const expression = `object.metadata.namespace != "${what.namespace}"`;
  const spec = {
    matchConstraints: { resourceRules: [rule] },
    validations: [{ expression, message: "forbidden by a test" }],
  };
  await world.apply(
    { apiVersion, kind: "ValidatingAdmissionPolicy", metadata: { name }, spec },
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: { policyName: name, validationActions: ["Deny"] },
    },
  );
  const refusal = async (): Promise<string> => (await world.cluster.kubectl(probe)).stderr;
  await expect.poll(refusal, { timeout: 20_000 }).toContain("forbidden by a test");
}

async function allow(name: string): Promise<void> {
  await world.cluster.kubectl(["delete", "validatingadmissionpolicybinding", name]);
}

describe("a value that changes", () => {
  test("restarts each labelled workload of each kind once, and no other", async () => {
    const key = new KeyWithDependents(world, "once");
    await world.apply(namespace("elsewhere"));
    const elsewhere = new KeyWithDependents(world, "elsewhere");
    await elsewhere.deploy({});
    await key.settled({ rotation: { overlap: "0s" } });
    await key.deploy(
      ...KINDS.map((kind) => ({ kind })),
      { name: "unlabelled", restartsFor: [] },
      { name: "declined", restartsFor: [], labels: { [ANNOTATION]: "false" } },
      { name: "other", restartsFor: ["other"] },
    );
    const before = await key.pods();
    const rotated = await key.rotate();
    const done = await key.untilStatus((status) => isRolledOut(status) && isAlone(status));
    for (const kind of KINDS) {
      expect([kind, await key.changes(kind), await templateAnnotation(key, kind)]).toEqual([
        kind,
        1,
        rotated.fingerprint,
      ]);
    }
    for (const name of ["unlabelled", "declined", "other"])
      expect([name, await key.changes("Deployment", name)]).toEqual([name, 0]);
    expect(await elsewhere.changes()).toBe(0);
    // Three Pods were replaced, and three were not.
    const after = await key.pods();
    expect(after.filter((uid) => before.includes(uid))).toHaveLength(3);
    expect(done.restart?.fingerprint).toBe(rotated.fingerprint);
    expect(await key.event("DependentRestarted")).toContain("restarted");
    expect(await eventNote(world, key.namespace, "DaemonSet", "app", "RestartedForApiKey")).toContain(
      "ApiKey app",
    );
  });

  test("restarts nothing again when the controller is restarted, and once more when it changes again", async () => {
    const key = new KeyWithDependents(world, "again");
    await key.settled({ rotation: { overlap: "0s" } });
    await key.deploy({});
    await key.rotate();
    await key.untilStatus(isRolledOut);
    await restartController();
    await key.kubectl("annotate", "apikey/app", "looked-at=again");
    const twice = await key.rotate();
    await key.untilStatus(
      (status) => isRolledOut(status) && status.restart?.fingerprint === twice.fingerprint,
    );
    expect([await key.changes(), await templateAnnotation(key)]).toEqual([2, twice.fingerprint]);
  });

  test("restarts nothing the first time, since its Pods waited for the Secret", async () => {
    const key = new KeyWithDependents(world, "first");
    await world.apply(namespace(key.namespace), workload(key.namespace));
    const first = await key.settled({ rotation: { overlap: "0s" } });
    expect(first.restart).toBeUndefined();
    await key.rotate();
    await key.untilStatus(isRolledOut);
    expect(await key.changes()).toBe(1);
  });

  test("restarts one workload for each of two ApiKeys", async () => {
    const key = new KeyWithDependents(world, "two");
    await key.settled({ rotation: { overlap: "0s" } });
    const other = new KeyWithDependents(world, "two", { name: "other" });
    await other.declare({ rotation: { overlap: "0s" } });
    await key.deploy({ restartsFor: ["app", "other"] });
    await key.rotate();
    await key.untilStatus(isRolledOut);
    await other.change({ rotation: { trigger: "one" } });
    await other.until((object) => JSON.stringify(object?.status).includes("completedAt"));
    const { annotations = {} } = (await key.workload()).spec.template.metadata;
    expect(Object.keys(annotations).toSorted()).toEqual([ANNOTATION, "restart.signatureapi.com/other"]);
    expect(await key.changes()).toBe(2);
  });

  test("of a test key restarts at once what the roll has cut off", async () => {
    const key = new KeyWithDependents(world, "rolled");
    await key.settled({ mode: "test" });
    await key.deploy({});
    const rolled = await key.rotate();
    await key.untilStatus(isRestarted);
    expect([await key.changes(), await templateAnnotation(key)]).toEqual([1, rolled.fingerprint]);
  });

  test("in a lost Secret restarts too", async () => {
    const key = new KeyWithDependents(world, "lost");
    const before = await key.settled({ rotation: { overlap: "0s" } });
    await key.deploy({});
    await key.kubectl("delete", "secret", "app");
    const healed = await key.untilStatus((status) => status.keyId !== before.keyId && isRolledOut(status));
    expect(await templateAnnotation(key)).toBe(healed.fingerprint);
  });
});

describe("a rollout that does not end holds the old key", () => {
  const STUCK: readonly [
    string,
    Parameters<typeof workload>[1],
    RegExp,
    (key: KeyWithDependents) => Promise<unknown>,
  ][] = [
    [
      "of a paused Deployment",
      { spec: { paused: true } },
      /Deployment app is paused/,
      async (key) => key.kubectl("rollout", "resume", "deployment/app"),
    ],
    [
      "of a StatefulSet whose Pods are replaced OnDelete",
      { kind: "StatefulSet", spec: { updateStrategy: { type: "OnDelete" } } },
      /StatefulSet app is OnDelete/,
      async (key) => key.kubectl("delete", "pod", "app-0", "--wait=false"),
    ],
    [
      "of a DaemonSet whose Pods are replaced OnDelete",
      { kind: "DaemonSet", spec: { updateStrategy: { type: "OnDelete" } } },
      /DaemonSet app is OnDelete/,
      async (key) => key.kubectl("delete", "pod", "--all", "--wait=false"),
    ],
    [
      "of a StatefulSet that is partitioned",
      {
        kind: "StatefulSet",
        spec: { replicas: 2, updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } } },
      },
      /StatefulSet app is partitioned at 1/,
      async (key) =>
        key.kubectl(
          "patch",
          "statefulset/app",
          "--type=merge",
          '--patch={"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}',
        ),
    ],
  ];

  test.each(STUCK)("%s, until it does", async (name, options, message, letGo) => {
    const key = new KeyWithDependents(world, name.toLowerCase().replaceAll(/[^a-z]+/g, "-"));
    const before = await key.settled({ rotation: { overlap: "0s" } });
    const { spec, ...rest } = options ?? {};
    // A Deployment that is paused from the start has no Pods.
    const { paused, ...fromTheStart } = spec ?? {};
    await key.deploy({ ...rest, spec: fromTheStart });
    if (paused === true) await key.kubectl("rollout", "pause", "deployment/app");
    await key.rotate();
    expect(await key.held("RolloutStuck")).toMatch(message);
    expect(world.stateOf(before.keyId)).toBe("active");
    await letGo(key);
    await key.untilStatus(isAlone);
    expect(world.stateOf(before.keyId)).toBe("revoked");
  });

  test("past the progress deadline, with the original time of revocation across a restart, and in a metric", async () => {
    const key = new KeyWithDependents(world, "deadline");
    const before = await key.settled({ rotation: { overlap: "0s" } });
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    await key.deploy({ spec: { progressDeadlineSeconds: 1, strategy } });
    const probe = ["-n", key.namespace, "run", "probe", "--image=example.com/probe:1", "--dry-run=server"];
    await forbid(
      "full",
      { namespace: key.namespace, apiGroup: "", resource: "pods", operation: "CREATE" },
      probe,
    );
    await key.rotate();
    expect(await key.held("RolloutStuck")).toMatch(/Deployment app has exceeded its progress deadline/);
    const { previous } = await key.status();
    await restartController();
    await controller.logged(/"namespace":"deadline".*"at rest"/);
    const held = await key.status();
    expect(held.previous).toEqual(previous);
    expect(await controller.metrics()).toContain(
      `signatureapi_apikey_overdue_revocations{namespace="${key.namespace}",name="app"} 1`,
    );
    expect(world.stateOf(before.keyId)).toBe("active");
    await allow("full");
    await key.untilStatus(isAlone);
    expect(world.stateOf(before.keyId)).toBe("revoked");
  });

  test("that was rolled back, which is not fought, until a user restarts it", async () => {
    const key = new KeyWithDependents(world, "undone");
    const before = await key.settled({ rotation: { overlap: "0s" } });
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    await key.deploy({ spec: { replicas: 2, strategy } });
    // New Pods are not available for an hour, so that the rollout stands half way.
    const slow = '--patch={"spec":{"minReadySeconds":3600,"progressDeadlineSeconds":7200}}';
    await key.kubectl("patch", "deployment/app", "--type=merge", slow);
    await key.rotate();
    await key.held("RolloutPending");
    const halfWay = ["--for=jsonpath={.status.updatedReplicas}=1", "--timeout=20s"];
    await key.kubectl("wait", "deployment/app", ...halfWay);
    await key.kubectl("rollout", "undo", "deployment/app");
    const quick = '--patch={"spec":{"minReadySeconds":0}}';
    await key.kubectl("patch", "deployment/app", "--type=merge", quick);
    expect(await key.held("RolloutStuck")).toMatch(/Deployment app does not carry the restart/);
    expect(await templateAnnotation(key)).toBeUndefined();
    expect(world.stateOf(before.keyId)).toBe("active");
    await key.kubectl("rollout", "restart", "deployment/app");
    await key.untilStatus(isAlone);
    expect(await templateAnnotation(key)).toBeUndefined();
  });

  test("whose workload does not want it any more, no longer", async () => {
    const key = new KeyWithDependents(world, "withdrawn");
    await key.settled({ rotation: { overlap: "0s" } });
    await key.deploy({});
    await key.kubectl("rollout", "pause", "deployment/app");
    await key.rotate();
    await key.held("RolloutStuck");
    await key.kubectl("label", "deployment/app", `${ANNOTATION}-`);
    await key.untilStatus(isAlone);
  });

  test("except in an emergency", async () => {
    const key = new KeyWithDependents(world, "emergency");
    const before = await key.settled({ rotation: { overlap: "24h" } });
    await key.deploy({});
    await key.kubectl("rollout", "pause", "deployment/app");
    await key.kubectl("annotate", "apikey/app", "signatureapi.com/emergency-rotate=leaked");
    const after = await key.untilStatus(
      (status) => status.keyId !== before.keyId && isAlone(status) && isRestarted(status),
    );
    expect(world.stateOf(before.keyId)).toBe("revoked");
    expect(await templateAnnotation(key)).toBe(after.fingerprint);
  });
});

describe("a workload that may not be restarted", () => {
  test("holds the old key, and is named, until it may be", async () => {
    const key = new KeyWithDependents(world, "refused");
    const before = await key.settled({ rotation: { overlap: "0s" } });
    await key.deploy({});
    const probe = [
      "-n",
      key.namespace,
      "annotate",
      "--overwrite",
      "deployment/app",
      "probe=1",
      "--dry-run=server",
    ];
    await forbid(
      "frozen",
      { namespace: key.namespace, apiGroup: "apps", resource: "deployments", operation: "UPDATE" },
      probe,
    );
    await key.rotate();
    expect(await key.held("RestartFailed")).toMatch(
      /Deployment app cannot be restarted.*forbidden by a test/,
    );
    expect(world.stateOf(before.keyId)).toBe("active");
    await allow("frozen");
    await key.untilStatus((status) => isRolledOut(status) && isAlone(status));
    expect(await key.changes()).toBe(1);
  });
});

describe("a tool that applies the manifest again", () => {
  test.each([
    ["as Flux does", ["--server-side", "--force-conflicts", "--field-manager=kustomize-controller"]],
    ["as Argo CD does on the server's side", ["--server-side", "--field-manager=argocd-controller"]],
    ["as kubectl and Argo CD do on their own side", []],
  ])("%s, sees no conflict, and undoes nothing", async (how, flags) => {
    const key = new KeyWithDependents(world, how.toLowerCase().replaceAll(/[^a-z]+/g, "-"));
    const manifest = stringify(workload(key.namespace));
    const apply = async (): Promise<string> => {
      const args = ["apply", ...flags, "-f", "-"];
      const { code, stdout, stderr } = await world.cluster.kubectl(args, { input: manifest });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return stdout;
    };
    await world.apply(...readyNamespace(key.namespace, world.emulator.url));
    await apply();
    await key.settled({ rotation: { overlap: "0s" } });
    const rotated = await key.rotate();
    await key.untilStatus(isRolledOut);
    const { metadata } = await key.workload();
    expect(await apply()).toMatch(/unchanged|serverside-applied/);
    const after = await key.workload();
    expect(after.metadata.generation).toBe(metadata.generation);
    expect(await key.changes()).toBe(1);
    expect(await templateAnnotation(key)).toBe(rotated.fingerprint);
    // What would be applied does not differ from what is there.
    const diff = await world.cluster.kubectl(["diff", ...flags, "-f", "-"], { input: manifest });
    expect([diff.code, diff.stdout]).toEqual([0, ""]);
  });
});
