import { API_KEYS } from "@signatureapi-keys/controller/resources";
import { stringify } from "yaml";
import * as z from "zod";
import { accountRefOf } from "../account-flag.ts";
import { FIELD_MANAGER } from "../cluster/connect.ts";
import { defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { CliError, UsageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { redactText } from "../redaction/text.ts";
import { gatherAdoption } from "./gather.ts";
import { DEFAULT_ENTRY, planAdoption, type AdoptionPlan, type AdoptionWish } from "./plan.ts";

const flagsSchema = z.object({
  name: z.string().min(1).optional(),
  mode: z.enum(["test", "live"], "must be test or live"),
  account: z.string().min(1).optional(),
  secret: z.string().min(1).optional(),
  secretKey: z.string().min(1).default(DEFAULT_ENTRY),
  apply: z.boolean().default(false),
  yes: z.boolean().default(false),
});

/** `adopt`: writes an ApiKey that takes over a key, and says beforehand what happens to its value. */
export const adoptCommand = defineCommand({
  name: "adopt",
  summary: "Write an ApiKey that takes over a key made by hand, and say what happens to its value",
  flags: flagsSchema,
  declare(command) {
    command
      .argument("<key-id>", "the ID of the key, as the vendor's dashboard shows it")
      .requiredOption("--mode <mode>", "the mode of the key: test or live")
      .option("--name <name>", "the name of the ApiKey; by default one from the key's ID")
      .option("--account <kind/name>", "ClusterAccount/NAME or Account/NAME; by default Account/default")
      .option(
        "--secret <name>",
        "the Secret that holds the key's value, or gets a new one; by default the ApiKey's name",
      )
      .option("--secret-key <entry>", `the entry of the Secret; by default ${DEFAULT_ENTRY}`)
      .option("--apply", "apply the manifest; asks before a value is replaced")
      .option("--yes", "do not ask");
  },
  async run(context, [keyId = ""], flags) {
    const { io, output } = context;
    const kube = await context.client();
    const wish = wishOf(keyId, await context.namespace(), flags);
    const plan = planAdoption(wish, await gatherAdoption(kube, wish));
    for (const line of [...plan.problems.map((problem) => `problem: ${problem}`), ...plan.happens])
      io.stderr.write(`${line}\n`);
    if (!flags.apply) {
      const format =
        output === "json" ? `${JSON.stringify(plan.manifest, undefined, 2)}\n` : stringify(plan.manifest);
      io.stdout.write(format);
      return plan.problems.length === 0 ? EXIT.ok : EXIT.problem;
    }
    refuse(plan, keyId);
    if (plan.value !== "kept")
      await confirm(io, `Clients that use key ${keyId} with its present value fail then.`, flags.yes);
    const { namespace, name } = wish;
    await kube.apply(API_KEYS, manifestFor(plan, wish), { fieldManager: FIELD_MANAGER });
    io.stdout.write(
      `ApiKey ${namespace}/${name} is applied; see it with kubectl signatureapi status ${name} -n ${namespace}\n`,
    );
    return EXIT.ok;
  },
});

function wishOf(keyId: string, namespace: string, flags: z.output<typeof flagsSchema>): AdoptionWish {
  // A value that was pasted in place of the ID is in no message.
  if (redactText(keyId) !== keyId || !/^[\x21-\x7e]{1,253}$/u.test(keyId))
    throw new UsageError(
      "the argument is no ID of a key; it may be the value of one",
      "Copy the ID from the vendor's dashboard. If a value was in the command line, replace that key: it is in the history of your shell.",
    );
  const { name = nameFrom(keyId), mode, account, secret = name, secretKey } = flags;
  return { keyId, namespace, name, mode, accountRef: accountRefOf(account), secretName: secret, secretKey };
}

/** `ak_0A1b` becomes `ak-0a1b`. */
function nameFrom(keyId: string): string {
  const name = keyId
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .slice(0, 63)
    .replaceAll(/^-+|-+$/gu, "");
  if (name === "") throw new UsageError("no name can be made of this ID", "Name the ApiKey with --name.");
  return name;
}

function refuse({ problems }: AdoptionPlan, keyId: string): void {
  if (problems.length === 0) return;
  throw new CliError(`key ${keyId} cannot be adopted yet, so nothing was applied`, {
    next: "Solve what is listed above, and run it again.",
    exitCode: EXIT.problem,
  });
}

function manifestFor({ manifest }: AdoptionPlan, { namespace, name }: AdoptionWish) {
  return { metadata: { namespace, name }, spec: manifest["spec"] };
}
