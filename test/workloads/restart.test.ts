import { API_KEYS } from "@signatureapi-keys/controller/resources";
import type { WorkloadKind } from "@signatureapi-keys/lifecycle";
import { stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventNote } from "../e2e/events.ts";
import type { RunningController } from "../e2e/running-controller.ts";
import { apiKey, namespace, readyNamespace } from "../e2e/manifests.ts";
import { FAST_TIMING } from "../e2e/world.ts";
import { Stage, type Status } from "./stage.ts";
import { workload } from "./workload.ts";

const KINDS: readonly WorkloadKind[] = ["Deployment", "StatefulSet", "DaemonSet"];
const ANNOTATION = "restart.signatureapi.com/app";

let stage: Stage;
let controller: RunningController;

const settings = { timing: FAST_TIMING, flags: ["--metrics-address", "127.0.0.1:0"] };

beforeAll(async () => {
  stage = await Stage.open();
  controller = await stage.world.startController(settings);
});

afterAll(async () => stage[Symbol.asyncDispose]());

const isToldAll = ({ restart }: Status): boolean => restart?.restartedAt !== undefined;
const isRolledOut = ({ restart }: Status): boolean => restart?.completedAt !== undefined;
const isAlone = ({ previous }: Status): boolean => previous === undefined;

/** Replaces the controller by one that remembers nothing. */
async function restartController(): Promise<void> {
  await controller.stop();
  controller = await stage.world.startController(settings);
}

async function templateAnnotation(n: string, kind: WorkloadKind = "Deployment"): Promise<string | undefined> {
  return (await stage.workload(n, kind)).spec.template.metadata.annotations?.[ANNOTATION];
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
  await stage.world.apply(
    { apiVersion, kind: "ValidatingAdmissionPolicy", metadata: { name }, spec },
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: { policyName: name, validationActions: ["Deny"] },
    },
  );
  const refusal = async (): Promise<string> => (await stage.world.cluster.kubectl(probe)).stderr;
  await expect.poll(refusal, { timeout: 20_000 }).toContain("forbidden by a test");
}

async function allow(name: string): Promise<void> {
  await stage.world.cluster.kubectl(["delete", "validatingadmissionpolicybinding", name]);
}

describe("a value that changes", () => {
  test("restarts each labelled workload of each kind once, and no other", async () => {
    const n = "once";
    await stage.world.apply(namespace("elsewhere"));
    await stage.deploy("elsewhere", {});
    await stage.ready(n, { rotation: { overlap: "0s" } });
    await stage.deploy(
      n,
      ...KINDS.map((kind) => ({ kind })),
      { name: "unlabelled", restartsFor: [] },
      { name: "declined", restartsFor: [], labels: { [ANNOTATION]: "false" } },
      { name: "other", restartsFor: ["other"] },
    );
    const before = await stage.pods(n);
    const rotated = await stage.rotate(n);
    const done = await stage.status(n, (status) => isRolledOut(status) && isAlone(status));
    for (const kind of KINDS) {
      expect([kind, await stage.changes(n, kind), await templateAnnotation(n, kind)]).toEqual([
        kind,
        1,
        rotated.fingerprint,
      ]);
    }
    for (const name of ["unlabelled", "declined", "other"])
      expect([name, await stage.changes(n, "Deployment", name)]).toEqual([name, 0]);
    expect(await stage.changes("elsewhere")).toBe(0);
    // Three Pods were replaced, and three were not.
    const after = await stage.pods(n);
    expect(after.filter((uid) => before.includes(uid))).toHaveLength(3);
    expect(done.restart?.fingerprint).toBe(rotated.fingerprint);
    expect(await eventNote(stage.world, n, "ApiKey", "app", "DependentRestarted")).toContain("restarted");
    expect(await eventNote(stage.world, n, "DaemonSet", "app", "RestartedForApiKey")).toContain("ApiKey app");
  });

  test("restarts nothing again when the controller is restarted, and once more when it changes again", async () => {
    const n = "again";
    await stage.ready(n, { rotation: { overlap: "0s" } });
    await stage.deploy(n, {});
    await stage.rotate(n);
    await stage.status(n, isRolledOut);
    await restartController();
    await stage.kubectl(n, "annotate", "apikey/app", "looked-at=again");
    const twice = await stage.rotate(n);
    await stage.status(
      n,
      (status) => isRolledOut(status) && status.restart?.fingerprint === twice.fingerprint,
    );
    expect([await stage.changes(n), await templateAnnotation(n)]).toEqual([2, twice.fingerprint]);
  });

  test("restarts nothing the first time: who needs the Secret has waited for it", async () => {
    const n = "first";
    await stage.world.apply(namespace(n), workload(n));
    const first = await stage.ready(n, { rotation: { overlap: "0s" } });
    expect(first.restart).toBeUndefined();
    await stage.rotate(n);
    await stage.status(n, isRolledOut);
    expect(await stage.changes(n)).toBe(1);
  });

  test("restarts one workload for each of two ApiKeys", async () => {
    const n = "two";
    await stage.ready(n, { rotation: { overlap: "0s" } });
    await stage.world.apply(apiKey(n, "other", { rotation: { overlap: "0s" } }));
    await stage.deploy(n, { restartsFor: ["app", "other"] });
    await stage.rotate(n);
    await stage.status(n, isRolledOut);
    const spec = { rotation: { trigger: "one" } };
    await stage.world.kube.patch(API_KEYS, { namespace: n, name: "other" }, { spec }, { type: "merge" });
    const other = await stage.world.watcher.until(API_KEYS, { namespace: n, name: "other" }, (object) =>
      JSON.stringify(object?.status).includes("completedAt"),
    );
    expect(other).toBe(true);
    const { annotations = {} } = (await stage.workload(n)).spec.template.metadata;
    expect(Object.keys(annotations).toSorted()).toEqual([ANNOTATION, "restart.signatureapi.com/other"]);
    expect(await stage.changes(n)).toBe(2);
  });

  test("of a test key restarts at once what the roll has cut off", async () => {
    const n = "rolled";
    await stage.ready(n, { mode: "test" });
    await stage.deploy(n, {});
    const rolled = await stage.rotate(n);
    await stage.status(n, isToldAll);
    expect([await stage.changes(n), await templateAnnotation(n)]).toEqual([1, rolled.fingerprint]);
  });

  test("in a lost Secret restarts too", async () => {
    const n = "lost";
    const before = await stage.ready(n, { rotation: { overlap: "0s" } });
    await stage.deploy(n, {});
    await stage.kubectl(n, "delete", "secret", "app");
    const healed = await stage.status(n, (status) => status.keyId !== before.keyId && isRolledOut(status));
    expect(await templateAnnotation(n)).toBe(healed.fingerprint);
  });
});

describe("a rollout that does not end holds the old key", () => {
  const STUCK: readonly [string, Parameters<typeof workload>[1], RegExp, (n: string) => Promise<unknown>][] =
    [
      [
        "of a paused Deployment",
        { spec: { paused: true } },
        /Deployment app is paused/,
        async (n) => stage.kubectl(n, "rollout", "resume", "deployment/app"),
      ],
      [
        "of a StatefulSet whose Pods are replaced OnDelete",
        { kind: "StatefulSet", spec: { updateStrategy: { type: "OnDelete" } } },
        /StatefulSet app is OnDelete/,
        async (n) => stage.kubectl(n, "delete", "pod", "app-0", "--wait=false"),
      ],
      [
        "of a DaemonSet whose Pods are replaced OnDelete",
        { kind: "DaemonSet", spec: { updateStrategy: { type: "OnDelete" } } },
        /DaemonSet app is OnDelete/,
        async (n) => stage.kubectl(n, "delete", "pod", "--all", "--wait=false"),
      ],
      [
        "of a StatefulSet that is partitioned",
        {
          kind: "StatefulSet",
          spec: { replicas: 2, updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } } },
        },
        /StatefulSet app is partitioned at 1/,
        async (n) =>
          stage.kubectl(
            n,
            "patch",
            "statefulset/app",
            "--type=merge",
            '--patch={"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}',
          ),
      ],
    ];

  test.each(STUCK)("%s, until it does", async (name, options, message, letGo) => {
    const n = name.toLowerCase().replaceAll(/[^a-z]+/g, "-");
    const before = await stage.ready(n, { rotation: { overlap: "0s" } });
    const { spec, ...rest } = options ?? {};
    // A Deployment that is paused from the start has no Pods.
    const { paused, ...fromTheStart } = spec ?? {};
    await stage.deploy(n, { ...rest, spec: fromTheStart });
    if (paused === true) await stage.kubectl(n, "rollout", "pause", "deployment/app");
    await stage.rotate(n);
    expect(await stage.held(n, "RolloutStuck")).toMatch(message);
    expect(stage.keyState(before.keyId)).toBe("active");
    await letGo(n);
    await stage.status(n, isAlone);
    expect(stage.keyState(before.keyId)).toBe("revoked");
  });

  test("past the progress deadline, with the original time of revocation across a restart, and in a metric", async () => {
    const n = "deadline";
    const before = await stage.ready(n, { rotation: { overlap: "0s" } });
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    await stage.deploy(n, { spec: { progressDeadlineSeconds: 1, strategy } });
    const probe = ["-n", n, "run", "probe", "--image=example.com/probe:1", "--dry-run=server"];
    await forbid("full", { namespace: n, apiGroup: "", resource: "pods", operation: "CREATE" }, probe);
    await stage.rotate(n);
    expect(await stage.held(n, "RolloutStuck")).toMatch(/Deployment app has exceeded its progress deadline/);
    const { previous } = await stage.status(n, () => true);
    await restartController();
    await controller.logged(/"namespace":"deadline".*"at rest"/);
    const held = await stage.status(n, () => true);
    expect(held.previous).toEqual(previous);
    expect(await controller.metrics()).toContain(
      `signatureapi_apikey_overdue_revocations{namespace="${n}",name="app"} 1`,
    );
    expect(stage.keyState(before.keyId)).toBe("active");
    await allow("full");
    await stage.status(n, isAlone);
    expect(stage.keyState(before.keyId)).toBe("revoked");
  });

  test("that was rolled back, which is not fought, until somebody restarts it", async () => {
    const n = "undone";
    const before = await stage.ready(n, { rotation: { overlap: "0s" } });
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    await stage.deploy(n, { spec: { replicas: 2, strategy } });
    // New Pods are not available for an hour, so that the rollout stands half way.
    const slow = '--patch={"spec":{"minReadySeconds":3600,"progressDeadlineSeconds":7200}}';
    await stage.kubectl(n, "patch", "deployment/app", "--type=merge", slow);
    await stage.rotate(n);
    await stage.held(n, "RolloutPending");
    const halfWay = ["--for=jsonpath={.status.updatedReplicas}=1", "--timeout=20s"];
    await stage.kubectl(n, "wait", "deployment/app", ...halfWay);
    await stage.kubectl(n, "rollout", "undo", "deployment/app");
    const quick = '--patch={"spec":{"minReadySeconds":0}}';
    await stage.kubectl(n, "patch", "deployment/app", "--type=merge", quick);
    expect(await stage.held(n, "RolloutStuck")).toMatch(/Deployment app does not carry the restart/);
    expect(await templateAnnotation(n)).toBeUndefined();
    expect(stage.keyState(before.keyId)).toBe("active");
    await stage.kubectl(n, "rollout", "restart", "deployment/app");
    await stage.status(n, isAlone);
    expect(await templateAnnotation(n)).toBeUndefined();
  });

  test("whose workload does not want it any more, no longer", async () => {
    const n = "withdrawn";
    await stage.ready(n, { rotation: { overlap: "0s" } });
    await stage.deploy(n, {});
    await stage.kubectl(n, "rollout", "pause", "deployment/app");
    await stage.rotate(n);
    await stage.held(n, "RolloutStuck");
    await stage.kubectl(n, "label", "deployment/app", `${ANNOTATION}-`);
    await stage.status(n, isAlone);
  });

  test("except in an emergency", async () => {
    const n = "emergency";
    const before = await stage.ready(n, { rotation: { overlap: "24h" } });
    await stage.deploy(n, {});
    await stage.kubectl(n, "rollout", "pause", "deployment/app");
    await stage.kubectl(n, "annotate", "apikey/app", "signatureapi.com/rotate=leaked");
    const after = await stage.status(
      n,
      (status) => status.keyId !== before.keyId && isAlone(status) && isToldAll(status),
    );
    expect(stage.keyState(before.keyId)).toBe("revoked");
    expect(await templateAnnotation(n)).toBe(after.fingerprint);
  });
});

describe("a workload that may not be restarted", () => {
  test("holds the old key, and is named, until it may be", async () => {
    const n = "refused";
    const before = await stage.ready(n, { rotation: { overlap: "0s" } });
    await stage.deploy(n, {});
    const probe = ["-n", n, "annotate", "--overwrite", "deployment/app", "probe=1", "--dry-run=server"];
    await forbid(
      "frozen",
      { namespace: n, apiGroup: "apps", resource: "deployments", operation: "UPDATE" },
      probe,
    );
    await stage.rotate(n);
    expect(await stage.held(n, "RestartFailed")).toMatch(
      /Deployment app cannot be restarted.*forbidden by a test/,
    );
    expect(stage.keyState(before.keyId)).toBe("active");
    await allow("frozen");
    await stage.status(n, (status) => isRolledOut(status) && isAlone(status));
    expect(await stage.changes(n)).toBe(1);
  });
});

describe("whoever applies the manifest again", () => {
  test.each([
    ["as Flux does", ["--server-side", "--force-conflicts", "--field-manager=kustomize-controller"]],
    ["as Argo CD does on the server's side", ["--server-side", "--field-manager=argocd-controller"]],
    ["as kubectl and Argo CD do on their own side", []],
  ])("%s, sees no conflict, and undoes nothing", async (how, flags) => {
    const n = how.toLowerCase().replaceAll(/[^a-z]+/g, "-");
    const manifest = stringify(workload(n));
    const apply = async (): Promise<string> => {
      const args = ["apply", ...flags, "-f", "-"];
      const { code, stdout, stderr } = await stage.world.cluster.kubectl(args, { input: manifest });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return stdout;
    };
    await stage.world.apply(...readyNamespace(n, stage.world.emulator.url));
    await apply();
    await stage.ready(n, { rotation: { overlap: "0s" } });
    const rotated = await stage.rotate(n);
    await stage.status(n, isRolledOut);
    const { metadata } = await stage.workload(n);
    expect(await apply()).toMatch(/unchanged|serverside-applied/);
    const after = await stage.workload(n);
    expect(after.metadata.generation).toBe(metadata.generation);
    expect(await stage.changes(n)).toBe(1);
    expect(await templateAnnotation(n)).toBe(rotated.fingerprint);
    // What would be applied does not differ from what is there.
    const diff = await stage.world.cluster.kubectl(["diff", ...flags, "-f", "-"], { input: manifest });
    expect([diff.code, diff.stdout]).toEqual([0, ""]);
  });
});
