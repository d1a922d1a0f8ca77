import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf } from "./page.ts";
import { Walk } from "./walk.ts";
import { run } from "../../tools/binaries/run.ts";

const PAGE = "docs/install.md";
/** Needs a container engine and a registry: only its syntax is checked. */
const NOT_FOLLOWED = ["Build the image"];
const FIRST = [
  "Install the controller",
  "Store the token",
  "Declare an account and a key",
  "Check the key",
  "Prepare for production",
];
const WITHOUT_RIGHTS = ["Without rights on the cluster", "A private registry"];
const TEST_TIMEOUT = 900_000;

let walk: Walk;

test("every block of docs/install.md is followed, and the others can be parsed", async () => {
  const sections = new Set(blocksOf(PAGE).map(({ section }) => section));
  expect(sections).toEqual(new Set([...NOT_FOLLOWED, ...FIRST, ...WITHOUT_RIGHTS]));
  for (const { section, text } of blocksOf(PAGE).filter(({ language }) => language === "sh")) {
    const { code, stderr } = await run("bash", ["-n", "-c", text]);
    expect({ section, code, stderr }).toEqual({ section, code: 0, stderr: "" });
  }
});

describe("docs/install.md, followed in a cluster", () => {
  beforeAll(async () => {
    walk = await Walk.begin();
  }, 300_000);

  afterAll(async () => walk[Symbol.asyncDispose]());

  test("installs the controller and gets a key", { timeout: TEST_TIMEOUT }, async () => {
    const printed: Record<string, string> = {};
    for (const section of FIRST) printed[section] = await walk.follow(PAGE, section);
    expect(printed["Install the controller"]).toContain("successfully rolled out");
    expect(printed["Check the key"]).toContain("KeyDelivered");
    expect(walk.emulator.admin.keys().map(({ status, mode }) => [status, mode])).toEqual([
      ["active", "test"],
    ]);
    const replicas = "kubectl -n signatureapi-system get deployments,pdb,networkpolicies --output=name";
    expect((await walk.shell(replicas)).trim().split("\n")).toEqual([
      "deployment.apps/signatureapi-signatureapi-controller",
      "poddisruptionbudget.policy/signatureapi-signatureapi-controller",
      "networkpolicy.networking.k8s.io/signatureapi-signatureapi-controller",
    ]);
  });
});

describe("docs/install.md, followed by a team without rights on the cluster", () => {
  beforeAll(async () => {
    walk = await Walk.begin();
  }, 300_000);

  afterAll(async () => walk[Symbol.asyncDispose]());

  test("installs the controller for its namespaces and gets a key", { timeout: TEST_TIMEOUT }, async () => {
    await walk.shell("for name in signatureapi-team billing; do kubectl create namespace $name; done");
    await walk.follow(PAGE, "Store the token");
    for (const section of WITHOUT_RIGHTS) await walk.follow(PAGE, section);
    for (const section of ["Declare an account and a key"]) await walk.follow(PAGE, section);
    await walk.shell("kubectl --namespace shop wait --for=condition=Ready apikey/checkout --timeout=120s");
    const clusterScoped = await walk.shell(
      "kubectl get clusterroles,clusterrolebindings,validatingadmissionpolicies --output=name",
    );
    expect(clusterScoped).not.toContain("signatureapi");
    const pull = "{.spec.template.spec.imagePullSecrets[*].name}";
    const path = `kubectl -n signatureapi-team get deployment signatureapi-signatureapi-controller --output=jsonpath='${pull}'`;
    expect(await walk.shell(path)).toBe("registry");
  });
});
