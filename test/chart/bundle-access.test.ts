import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import * as z from "zod";
import { buildBundle } from "../e2e/bundle.ts";
import { ControllerChild } from "../e2e/controller-child.ts";
import { World } from "../e2e/world.ts";

const kubeconfigSchema = z.looseObject({
  users: z.array(z.looseObject({ name: z.string(), user: z.looseObject({ token: z.string() }) })),
});

let folder: string;
let bundle: string;
let world: World;
let kubeconfig: z.infer<typeof kubeconfigSchema>;
let token: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-access-"));
  bundle = join(folder, "controller.mjs");
  [world] = await Promise.all([World.start(), buildBundle(bundle)]);
  const account = { namespace: "default", name: "controller" };
  const file = await world.cluster.serviceAccountKubeconfig(account);
  kubeconfig = kubeconfigSchema.parse(parse(await readFile(file, "utf8")));
  token = kubeconfig.users[0]?.user.token ?? "";
  await world.apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "controller" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", ...account }],
  });
}, 120_000);

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Writes a kubeconfig whose user proves who it is in another way. */
async function withUser(name: string, user: object): Promise<string> {
  const file = join(folder, name);
  const users = kubeconfig.users.map((entry) => ({ ...entry, user }));
  await writeFile(file, stringify({ ...kubeconfig, users }), { mode: 0o600 });
  return file;
}

test.each<readonly [string, () => object | Promise<object>]>([
  ["a token", () => ({ token })],
  [
    "a command that gives one",
    async () => {
      const script = join(folder, "credential.mjs");
      const credential = {
        apiVersion: "client.authentication.k8s.io/v1",
        kind: "ExecCredential",
        status: { token },
      };
      await writeFile(script, `process.stdout.write(${JSON.stringify(JSON.stringify(credential))})`);
      return {
        exec: {
          apiVersion: credential.apiVersion,
          command: process.execPath,
          args: [script],
          interactiveMode: "Never",
        },
      };
    },
  ],
  [
    "an OIDC ID token",
    () => ({
      "auth-provider": {
        name: "oidc",
        config: {
          "id-token": token,
          "client-id": "test",
          "idp-issuer-url": "https://issuer.invalid",
        },
      },
    }),
  ],
  [
    "a file with a token",
    async () => {
      const tokenFile = join(folder, "token");
      await writeFile(tokenFile, token, { mode: 0o600 });
      return { "auth-provider": { name: "tokenFile", config: { tokenFile } } };
    },
  ],
])("the bundle reaches the API server with %s", async (what, userOf) => {
  const file = await withUser(what.replaceAll(" ", "-"), await userOf());
  await using controller = new ControllerChild(file, ["--allowed-base-urls", world.emulator.url], bundle);
  await controller.said(/caches are filled/);
  expect(await controller.end()).toBe(0);
  expect(controller.output).not.toContain(token);
});

test("the bundle reaches the API server with a client certificate", async () => {
  const file = await world.cluster.userKubeconfig({ user: "admin", groups: ["system:masters"] });
  await using controller = new ControllerChild(file, ["--allowed-base-urls", world.emulator.url], bundle);
  await controller.said(/caches are filled/);
  expect(await controller.end()).toBe(0);
});
