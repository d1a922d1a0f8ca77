import { parseDuration } from "@signatureapi-keys/lifecycle";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { isManifest, objectsOf, objectsOfKind, yamlFilesIn, type ExampleObject } from "./manifests.ts";
import { typeErrors, type Claim } from "./published-types.ts";

/** The kinds of other projects in the examples, with the package that publishes their types. */
const FOREIGN: Readonly<Record<string, string>> = {
  "argoproj.io/v1alpha1/Application": "@kubernetes-models/argo-cd",
  "argoproj.io/v1alpha1/Rollout": "@kubernetes-models/argo-rollouts",
  "external-secrets.io/v1/SecretStore": "@kubernetes-models/external-secrets",
  "external-secrets.io/v1alpha1/PushSecret": "@kubernetes-models/external-secrets",
  "kustomize.toolkit.fluxcd.io/v1/Kustomization": "@kubernetes-models/flux-cd",
  "source.toolkit.fluxcd.io/v1/GitRepository": "@kubernetes-models/flux-cd",
};

/** The API server knows them, or kubectl reads them itself: other tests apply them. */
const APPLIED =
  /^(v1|apps\/v1|rbac\.authorization\.k8s\.io\/v1|signatureapi\.com\/v1|kustomize\.config\.k8s\.io\/v1beta1)$/;

const objects = yamlFilesIn("examples")
  .filter((file) => isManifest(file) && !file.path.includes("/testdata/"))
  .flatMap((file) => objectsOf(file).map((object) => ({ where: file.path, object })));

function idOf({ apiVersion, kind }: ExampleObject): string {
  return `${apiVersion}/${kind}`;
}

const claims: readonly Claim[] = objects.flatMap(({ where, object }) => {
  const published = FOREIGN[idOf(object)];
  return published === undefined ? [] : [{ where, object, module: `${published}/${idOf(object)}` }];
});

describe("objects of other projects in the examples", () => {
  test("are all known", () => {
    const unknown = objects
      .filter(({ object }) => !APPLIED.test(object.apiVersion) && FOREIGN[idOf(object)] === undefined)
      .map(({ where, object }) => `${where}: ${idOf(object)}`);
    expect(unknown).toEqual([]);
    expect(new Set(claims.map(({ object }) => idOf(object)))).toEqual(new Set(Object.keys(FOREIGN)));
  });

  test("are of the types that these projects publish", () => {
    expect(typeErrors(claims)).toEqual([]);
  });

  test.each([
    ["a field that there is not", (spec: object) => ({ ...spec, refreshIntervall: "5m" })],
    ["a value that is not allowed", (spec: object) => ({ ...spec, deletionPolicy: "Deleted" })],
    ["a field that is missing", (spec: object) => ({ ...spec, secretStoreRefs: undefined })],
  ])("would not be with %s", (_, change) => {
    const claim = claims.find(({ object }) => object.kind === "PushSecret");
    expect(claim).toBeDefined();
    if (claim === undefined) return;
    const wrong = { ...claim, object: { ...claim.object, spec: change(claim.object.spec ?? {}) } };
    expect(typeErrors([wrong])).toHaveLength(1);
  });
});

const rotatingSchema = z.object({ rotation: z.object({ overlap: z.string() }) });

function overlapOf(folder: string): number {
  const [apiKey] = objectsOfKind(folder, "ApiKey");
  return parseDuration(rotatingSchema.parse(apiKey?.spec).rotation.overlap) ?? 0;
}

test("every PushSecret is refreshed within the overlap, replaces the old value, and leaves no copy behind", () => {
  const folder = "examples/kubernetes/external-secrets";
  const specs = objectsOfKind(folder, "PushSecret").map(({ spec }) =>
    z
      .object({ refreshInterval: z.string(), updatePolicy: z.string(), deletionPolicy: z.string() })
      .parse(spec),
  );
  expect(specs).toHaveLength(2);
  for (const { refreshInterval, updatePolicy, deletionPolicy } of specs) {
    expect(parseDuration(refreshInterval)).toBeLessThan(overlapOf(folder) / 2);
    expect([updatePolicy, deletionPolicy]).toEqual(["Replace", "Delete"]);
  }
});

test("both tools for GitOps take the folder of the example from the same repository", () => {
  const sourceSchema = z.object({ source: z.object({ repoURL: z.string(), path: z.string() }) });
  const [application] = objectsOfKind("examples/gitops/argocd", "Application");
  const { source } = sourceSchema.parse(application?.spec);
  const [repository] = objectsOfKind("examples/gitops/flux", "GitRepository");
  const [kustomization] = objectsOfKind("examples/gitops/flux", "Kustomization");
  expect(repository?.spec).toMatchObject({ url: source.repoURL });
  expect(kustomization?.spec).toMatchObject({
    path: `./${source.path}`,
    sourceRef: { kind: "GitRepository", name: repository?.metadata?.name },
  });
  expect(source.path).toBe("deploy");
});
