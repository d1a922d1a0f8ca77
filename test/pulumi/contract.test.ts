import { expect, test } from "vitest";
import { stringify } from "yaml";
import {
  OTHER_NAMES,
  startRenamingProxy,
} from "../../management-api/src/contract/mapping/test-renaming-proxy.ts";
import { makeProject, startVendor, TOKEN } from "./world.ts";

const DEFAULT = `
import { ApiKey } from "pulumi-signatureapi";
const { key, keyId } = new ApiKey("checkout", { mode: "live", rotation: { overlap: "0s", trigger: process.env.TRIGGER ?? "1" } });
export { key, keyId };
`;
const EXPLICIT = (url: string): string => `
import { ApiKey, Provider } from "pulumi-signatureapi";
const provider = new Provider("named", { token: "${TOKEN}", baseUrl: "${url}", contract: ${JSON.stringify(OTHER_NAMES)} });
const { key, keyId } = new ApiKey("checkout", { mode: "live" }, { provider });
export { key, keyId };
`;

test("behind other names, a stack mints, rotates and revokes; its mapping is a file or an argument", async (context) => {
  const emulator = await startVendor(context);
  const proxy = await startRenamingProxy(emulator.url);
  context.onTestFinished(() => proxy.close());
  const active = () => emulator.admin.keys().filter(({ status }) => status === "active");
  const project = await makeProject(context, emulator, { program: { text: DEFAULT } });
  await project.must("config", "set", "signatureapi:baseUrl", proxy.url);
  await project.write("contract.yaml", stringify(OTHER_NAMES));
  await project.must("config", "set", "signatureapi:contract", "contract.yaml");

  await project.up();
  const first = await project.outputs();
  expect(active().map(({ id }) => id)).toEqual([first["keyId"]]);
  await project.write("index.js", DEFAULT.replace('"1"', '"2"'));
  await project.up();
  expect((await project.outputs())["keyId"]).not.toBe(first["keyId"]);
  await project.must("destroy", "--yes", "--skip-preview");
  expect(active()).toEqual([]);

  await project.must("config", "rm", "signatureapi:contract");
  await project.write("index.js", EXPLICIT(proxy.url));
  await project.up();
  expect(active().map(({ id }) => id)).toEqual([(await project.outputs())["keyId"]]);
  await project.must("destroy", "--yes", "--skip-preview");
  expect(active()).toEqual([]);
  expect(proxy.strangers).toEqual([]);
});
