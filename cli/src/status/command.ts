import type { KubeClient } from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { formatted } from "../output/format.ts";
import { gather, type Scope } from "./gather.ts";
import { statusModel } from "./model.ts";
import { renderStatus } from "./render.ts";
import { changesOf } from "./watch.ts";

const CLEAR_SCREEN = "\u001B[2J\u001B[H";

/** `status [NAME]`: the tree from account to Pod, and what happened. */
export const statusCommand = defineCommand({
  name: "status",
  summary: "Show ApiKeys with their account, Secret, workloads, problems and history",
  flags: z.object({ watch: z.boolean().default(false) }),
  declare(command) {
    command
      .argument("[name]", "one ApiKey; by default all of the namespace")
      .option("-w, --watch", "show it again after each change");
  },
  async run(context, args, { watch }) {
    const client = await context.client();
    const [name] = args;
    const namespace = name === undefined ? await context.listNamespace() : await context.namespace();
    const scope = { namespace, name };
    if (watch) await showEachChange(context, client, scope);
    else context.io.stdout.write(await page(context, client, scope));
    return EXIT.ok;
  },
});

async function page({ io, output, style }: Context, client: KubeClient, scope: Scope): Promise<string> {
  const now = io.now();
  const model = statusModel(await gather(client, scope, io.signal), now);
  return formatted(output, model, () => renderStatus(model, style, now));
}

/** Ends when the user interrupts it. A terminal shows the last page only; elsewhere, one follows the other. */
async function showEachChange(context: Context, client: KubeClient, scope: Scope): Promise<void> {
  const { io, output } = context;
  const separator = output === "text" ? "\n" : "";
  let last = "";
  for await (const _ of changesOf(client, scope.namespace, io.signal)) {
    const text = await page(context, client, scope);
    if (text === last) continue;
    io.stdout.write(`${io.stdout.isTTY ? CLEAR_SCREEN : last === "" ? "" : separator}${text}`);
    last = text;
  }
}
