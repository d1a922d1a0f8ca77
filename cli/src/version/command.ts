import {
  isKubeError,
  kubeObjectSchema,
  type KubeClient,
  type ResourceKind,
} from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import { defineCommand } from "../command.ts";
import { CONTROLLER_LABELS } from "../controller-pods/find.ts";
import { explainError } from "../explain-error.ts";
import { EXIT } from "../exit-codes.ts";
import { formatted } from "../output/format.ts";
import manifest from "../../package.json" with { type: "json" };

const deploymentSchema = kubeObjectSchema.extend({
  spec: z
    .looseObject({
      template: z
        .looseObject({
          spec: z
            .looseObject({
              containers: z
                .array(z.looseObject({ name: z.string(), image: z.string().optional() }))
                .optional(),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
});

const DEPLOYMENTS: ResourceKind<z.infer<typeof deploymentSchema>> = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
  schema: deploymentSchema,
};

/** A controller of the cluster. */
interface Installed {
  readonly namespace: string | undefined;
  readonly name: string;
  readonly version: string | undefined;
  readonly image: string | undefined;
}

/** `version`: of the plugin, and of the controllers that the cluster runs. */
export const versionCommand = defineCommand({
  name: "version",
  summary: "Show the versions of the plugin and of the controller",
  flags: z.object({ client: z.boolean().default(false) }),
  declare(command) {
    command.option("--client", "of the plugin only: no request is sent");
  },
  async run(context, _, { client: clientOnly }) {
    const { io, output } = context;
    const client = manifest.version;
    if (clientOnly) {
      io.stdout.write(formatted(output, { client }, () => `Plugin: ${client}\n`));
      return EXIT.ok;
    }
    try {
      const controllers = await installed(await context.client());
      io.stdout.write(formatted(output, { client, controllers }, () => shown(client, controllers)));
      return EXIT.ok;
    } catch (error) {
      // The version of the plugin is worth knowing where the cluster is not reachable.
      const { message, exitCode } = explainError(error, io.signal.aborted);
      io.stdout.write(formatted(output, { client }, () => `Plugin: ${client}\n`));
      io.stderr.write(`The version of the controller is not known: ${message}\n`);
      return isKubeError(error, "forbidden") ? EXIT.ok : exitCode;
    }
  },
});

async function installed(client: KubeClient): Promise<readonly Installed[]> {
  const { items } = await client.listAll(DEPLOYMENTS, { labelSelector: CONTROLLER_LABELS });
  return items.map(({ metadata, spec }) => ({
    namespace: metadata.namespace,
    name: metadata.name,
    version: metadata.labels?.["app.kubernetes.io/version"],
    image: spec?.template?.spec?.containers?.find(({ name }) => name === "controller")?.image,
  }));
}

function shown(client: string, controllers: readonly Installed[]): string {
  const lines = controllers.map(
    ({ namespace = "", name, version = "unknown", image = "unknown" }) =>
      `Controller: ${version} (${namespace}/${name}, image ${image})\n`,
  );
  return `Plugin: ${client}\n${lines.length === 0 ? "Controller: none found in this cluster\n" : lines.join("")}`;
}
