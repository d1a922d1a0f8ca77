import { ACCOUNTS, API_KEYS, CLUSTER_ACCOUNTS } from "@signatureapi-keys/controller/resources";
import * as z from "zod";
import { defineCommand, type CommandRegistration } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { formatted } from "../output/format.ts";
import { readTarget } from "../target.ts";

const KINDS = [API_KEYS, ACCOUNTS, CLUSTER_ACCOUNTS];

/** `suspend NAME`: nothing is minted for an ApiKey, or in an account. */
export const suspendCommand = define({
  name: "suspend",
  summary: "Mint nothing for an ApiKey or an account until it is resumed",
  suspend: true,
  done: "suspended: nothing is minted; due revocations and deletions continue",
});

/** `resume NAME`: the contrary. */
export const resumeCommand = define({
  name: "resume",
  summary: "Let a suspended ApiKey or account continue",
  suspend: false,
  done: "resumed",
});

interface Form {
  readonly name: string;
  readonly summary: string;
  readonly suspend: boolean;
  readonly done: string;
}

function define({ name, summary, suspend, done }: Form): CommandRegistration {
  return defineCommand({
    name,
    summary,
    flags: z.object({}),
    declare(command) {
      command.argument("<target>", "NAME of an ApiKey, account/NAME or clusteraccount/NAME");
    },
    async run(context, args) {
      const { io, output } = context;
      const { type, ref, shown } = await readTarget(context, args[0] ?? "", KINDS);
      const client = await context.client();
      await client.patch(type, ref, { spec: { suspend } }, { type: "merge" });
      const model = { kind: type.kind, namespace: ref.namespace, name: ref.name, suspend };
      io.stdout.write(formatted(output, model, () => `${shown}: ${done}\n`));
      return EXIT.ok;
    },
  });
}
