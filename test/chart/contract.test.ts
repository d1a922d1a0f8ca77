import { readContractMapping } from "@signatureapi-keys/management-api/mapping";
import { expect, test } from "vitest";
import * as z from "zod";
import { mappingShape } from "../../management-api/src/contract/mapping/schema.ts";
import { OTHER_NAMES } from "../../management-api/src/contract/mapping/test-renaming-proxy.ts";
import { chartFile, render } from "./helm.ts";
import { ofKind, only, podOf } from "./rendered.ts";

const configMapSchema = z.looseObject({ data: z.strictObject({ "contract.yaml": z.string() }) });
const deploymentSchema = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      metadata: z.looseObject({ annotations: z.record(z.string(), z.string()) }),
    }),
  }),
});

const FILE = "/etc/signatureapi-controller/contract";

async function deploymentWith(contract: object) {
  const objects = await render({ values: { contract } });
  const deployment = only(objects, "Deployment");
  const { annotations } = deploymentSchema.parse(deployment).spec.template.metadata;
  return { objects, annotations, ...podOf(deployment) };
}

test("the mapping is a ConfigMap that the controller reads as it was given", async () => {
  const { objects, container, pod } = await deploymentWith(OTHER_NAMES);
  const [configMap] = ofKind(objects, "ConfigMap");
  const { data } = configMapSchema.parse(configMap);
  expect(readContractMapping(data["contract.yaml"])).toEqual(OTHER_NAMES);
  expect(container.args).toContain(`--contract=${FILE}/contract.yaml`);
  expect(container["volumeMounts"]).toEqual([{ name: "contract", mountPath: FILE, readOnly: true }]);
  expect(pod["volumes"]).toEqual([{ name: "contract", configMap: { name: configMap?.metadata.name } }]);
});

test("another mapping makes new Pods, since it is read at the start", async () => {
  const { annotations: one } = await deploymentWith({ paths: { getAccount: "/me" } });
  const { annotations: other } = await deploymentWith({ paths: { getAccount: "/us" } });
  expect(one["signatureapi.com/contract-checksum"]).toMatch(/^[0-9a-f]{64}$/);
  expect(other["signatureapi.com/contract-checksum"]).not.toBe(one["signatureapi.com/contract-checksum"]);
});

test("without a mapping there is no trace of one", async () => {
  const { objects, annotations, container } = await deploymentWith({});
  expect(ofKind(objects, "ConfigMap")).toEqual([]);
  expect(annotations).not.toHaveProperty(["signatureapi.com/contract-checksum"]);
  expect(container.args.filter((arg) => arg.startsWith("--contract"))).toEqual([]);
});

test("the schema of the values has the mapping's rules", async () => {
  const { $schema: _, ...schema } = z.toJSONSchema(mappingShape) as Record<string, unknown>;
  const values = z
    .looseObject({ properties: z.looseObject({ contract: z.unknown() }) })
    .parse(JSON.parse(await chartFile("values.schema.json")));
  expect(values.properties.contract).toEqual(schema);
});

test.each<[string, object, RegExp]>([
  ["a path upwards", { paths: { getAccount: "/../admin" } }, /contract\/paths\/getAccount/],
  ["a path without the ID", { paths: { getApiKey: "/keys" } }, /contract\/paths\/getApiKey/],
  ["code", { code: "x" }, /additional properties 'code' not allowed/],
  ["a field of the key that does not exist", { fields: { key: { secret: "x" } } }, /'secret' not allowed/],
])("helm refuses %s", async (_what, contract, message) => {
  await expect(render({ values: { contract } })).rejects.toThrow(message);
});
