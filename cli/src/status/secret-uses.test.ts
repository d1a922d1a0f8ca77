import { expect, test } from "vitest";
import { secretUses, useText, type PodSpec } from "./secret-uses.ts";

const from = (name: string) => ({ valueFrom: { secretKeyRef: { name, key: "SIGNATUREAPI_KEY" } } });

function uses(spec: PodSpec): readonly string[] {
  return secretUses(spec, "checkout").map(useText);
}

test.each<[string, PodSpec, readonly string[]]>([
  ["a variable", { containers: [{ env: [{ name: "KEY", ...from("checkout") }] }] }, ["env KEY"]],
  ["all variables", { containers: [{ envFrom: [{ secretRef: { name: "checkout" } }] }] }, ["envFrom"]],
  ["a volume", { volumes: [{ name: "keys", secret: { secretName: "checkout" } }] }, ["volume keys"]],
  [
    "a projected volume",
    { volumes: [{ name: "all", projected: { sources: [{ secret: { name: "checkout" } }] } }] },
    ["projected volume all"],
  ],
  ["an init container", { initContainers: [{ env: [{ name: "KEY", ...from("checkout") }] }] }, ["env KEY"]],
  [
    "a container for debugging",
    { ephemeralContainers: [{ envFrom: [{ secretRef: { name: "checkout" } }] }] },
    ["envFrom"],
  ],
  [
    "several containers, each way once",
    {
      containers: [
        { env: [{ name: "KEY", ...from("checkout") }] },
        { env: [{ name: "KEY", ...from("checkout") }] },
      ],
    },
    ["env KEY"],
  ],
  [
    "nothing of this Secret",
    {
      containers: [{ env: [{ name: "KEY", ...from("other") }, { name: "PLAIN" }], envFrom: [{}] }],
      volumes: [{ name: "tmp" }, { name: "p", projected: { sources: [{}, { secret: { name: "other" } }] } }],
    },
    [],
  ],
  ["fields that are null", { containers: null, volumes: [{ name: "x", secret: null, projected: null }] }, []],
])("%s is found", (_, spec, expected) => {
  expect(uses(spec)).toEqual(expected);
});
