import { stringify } from "yaml";
import * as z from "zod";
import manifest from "../../package.json" with { type: "json" };
import { accountRefOf, type AccountRefFlag } from "../account-flag.ts";
import { findAccount } from "../adopt/gather.ts";
import { defineCommand } from "../command.ts";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { asked, connectManagement } from "../management/connect.ts";
import { readApiKeys } from "../orphans/gather.ts";
import { planImport, type ImportPlan } from "./plan.ts";

const flagsSchema = z.object({
  tokenFile: z.string().min(1),
  baseUrl: z.string().min(1).optional(),
  account: z.string().min(1).optional(),
  // commander's form of --no-suspend.
  suspend: z.boolean().default(true),
});

/** `import`: writes ApiKeys for the keys of a vendor account that none declares yet. Nothing is changed. */
export const importCommand = defineCommand({
  name: "import",
  summary: "Write ApiKeys for the keys of a vendor account that none declares yet",
  flags: flagsSchema,
  declare(command) {
    command
      .requiredOption("--token-file <file>", "a file with the management token; - for standard input")
      .option("--base-url <url>", "the management API; by default the vendor's")
      .option("--account <kind/name>", "ClusterAccount/NAME or Account/NAME; by default Account/default")
      .option("--no-suspend", "write ApiKeys that adopt at once");
  },
  async run(context, _args, { tokenFile, baseUrl, account, suspend }) {
    const { io, output } = context;
    const kube = await context.client();
    const namespace = await context.namespace();
    const accountRef = accountRefOf(account);
    const client = await connectManagement(
      { tokenFile, baseUrl },
      io,
      `kubectl-signatureapi/${manifest.version}`,
    );
    try {
      const { id } = await asked("read the account of the token", async () => client.getAccount());
      const declared = await findAccount(kube, namespace, accountRef);
      const pinned = declared?.record.accountId;
      if (pinned !== undefined && pinned !== id) throw otherAccount(accountRef, pinned, id);
      const { apiKeys: listed } = await asked("list the keys of the account", async () =>
        client.listAllApiKeys(),
      );
      const { apiKeys, complete } = await readApiKeys(kube, namespace);
      const plan = planImport(listed, apiKeys, { namespace, accountRef, suspend });
      if (!complete)
        io.stderr.write(
          `Only the ApiKeys of namespace ${namespace} could be listed: a key of another namespace may be among these.\n`,
        );
      for (const { keyId, why } of plan.skipped) io.stderr.write(`skipped ${keyId}: ${why}\n`);
      io.stdout.write(output === "json" ? `${JSON.stringify(plan, undefined, 2)}\n` : documents(plan));
      io.stderr.write(nextSteps(plan, accountRef, suspend));
      return EXIT.ok;
    } finally {
      await client.close();
    }
  },
});

function otherAccount({ kind, name }: AccountRefFlag, pinned: string, found: string): CliError {
  return new CliError(`the token is of vendor account ${found}, and ${kind} ${name} is of ${pinned}`, {
    next: "Give the token of that account, or name another --account.",
  });
}

function documents({ manifests }: ImportPlan): string {
  return manifests.map((one) => stringify(one)).join("---\n");
}

function nextSteps(
  { keyIds, skipped }: ImportPlan,
  { kind, name }: AccountRefFlag,
  suspend: boolean,
): string {
  const lines = [`${keyIds.length} keys to adopt, ${skipped.length} skipped`];
  if (keyIds.length > 0) {
    lines.push(
      `List their IDs in adoptKeyIds of ${kind} ${name}: ${JSON.stringify(keyIds)}`,
      "Put the value of each key into the Secret of its ApiKey first. Without it, the key is rolled, and its old value stops at once: docs/adoption.md",
    );
    if (suspend)
      lines.push("The ApiKeys are suspended: nothing happens to a key until you remove spec.suspend.");
  }
  return `${lines.join("\n")}\n`;
}
