import { link, mkdir, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { findBinary } from "../../../tools/binaries/find-binary.ts";
import { versionHere } from "../package/installed.ts";
import type { Project } from "../project.ts";

/** Puts the plugin of `@pulumi/kubernetes` where the engine would have put it after a download. */
export async function installKubernetesPlugin(project: Project): Promise<void> {
  const plugin = await findBinary("pulumi-resource-kubernetes");
  const version = await versionHere("@pulumi/kubernetes");
  const folder = join(project.folder, `home/plugins/resource-kubernetes-v${version}`);
  await mkdir(folder, { recursive: true });
  const place = join(folder, "pulumi-resource-kubernetes");
  await link(plugin, place).catch(() => copyFile(plugin, place));
}
