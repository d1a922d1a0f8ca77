import { accountKey, type AccountDocument } from "@signatureapi-keys/controller/accounts";
import { DEFAULT_BASE_URL } from "@signatureapi-keys/controller/resources";
import { DEFAULT_TIMING, isProblem } from "@signatureapi-keys/lifecycle";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import manifest from "../../package.json" with { type: "json" };
import { defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import type { Context } from "../context.ts";
import { listAccounts } from "../doctor/gather/accounts.ts";
import { CliError, UsageError } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { connectManagement } from "../management/connect.ts";
import { formatted } from "../output/format.ts";
import { table } from "../output/table.ts";
import { matchesAccount, readRecords } from "./gather.ts";
import { orphansOf, type AccountOrphans } from "./orphan.ts";
import { render } from "./render.ts";
import {
  collectEvidence,
  revokeAll,
  type Candidate,
  type RevocationResult,
  type RevocationWorld,
} from "./revoke.ts";

const flagsSchema = z.object({
  account: z.string().min(1).optional(),
  key: z.array(z.string()).default([]),
  revoke: z.boolean().default(false),
  tokenFile: z.string().min(1).optional(),
  baseUrl: z.string().min(1).optional(),
  yes: z.boolean().default(false),
});
type Flags = z.output<typeof flagsSchema>;

/** `orphans`: shows the keys that no record knows, and revokes those for which there is evidence. */
export const orphansCommand = defineCommand({
  name: "orphans",
  summary: "Show active keys of this installation that no record knows, and revoke them",
  flags: flagsSchema,
  declare(command) {
    command
      .option("--account <kind/name>", "this account only: Account/NAMESPACE/NAME or ClusterAccount/NAME")
      .option("--key <id>", "this key only; may be repeated", collect)
      .option("--revoke", "revoke the keys for which there is evidence; asks before")
      .option("--token-file <file>", "with --revoke: a file with the management token; - for standard input")
      .option("--base-url <url>", "with --revoke: the management API; by default the vendor's")
      .option("--yes", "do not ask");
  },
  async run(context, _args, flags) {
    const { account, key, revoke } = flags;
    const kube = await context.client();
    const namespace = await context.namespaceOrDefault();
    const accounts = (await listAccounts(kube, context.wantedNamespace)).filter(
      (document) => account === undefined || matchesAccount(document, account),
    );
    if (account !== undefined && accounts.length === 0) throw unknownAccount(account);
    const read = async () => readRecords(kube, namespace);
    const found = orphansOf(accounts, await read()).map((one) => ({
      ...one,
      keys: one.keys.filter(({ keyId }) => key.length === 0 || key.includes(keyId)),
    }));
    if (revoke) return revokeThem(context, flags, { found, accounts, read });
    const { io, output, style } = context;
    io.stdout.write(formatted(output, { accounts: found }, () => render(found, style, io.now())));
    return found.length === 0 ? EXIT.ok : EXIT.problem;
  },
});

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

function unknownAccount(text: string): CliError {
  return new CliError(`there is no account ${text}`, {
    next: "Name it as Account/NAMESPACE/NAME or ClusterAccount/NAME: kubectl get accounts,clusteraccounts -A",
  });
}

interface Found {
  readonly found: readonly AccountOrphans[];
  readonly accounts: readonly AccountDocument[];
  readonly read: RevocationWorld["records"];
}

async function revokeThem(
  context: Context,
  { tokenFile, baseUrl, yes, key }: Flags,
  { found, accounts, read }: Found,
): Promise<ExitCode> {
  const { io, output } = context;
  const [orphans, ...others] = found;
  if (orphans === undefined) {
    io.stdout.write(
      formatted(output, { results: [] }, () => "No account reports a key that no record knows.\n"),
    );
    return EXIT.ok;
  }
  if (others.length > 0) throw new UsageError("several accounts have such keys", "Name one with --account.");
  if (tokenFile === undefined)
    throw new UsageError(
      "--revoke needs a management token",
      "Name a file with it, --token-file FILE, or - for standard input.",
    );
  if (tokenFile === "-" && !yes)
    throw new UsageError(
      "standard input holds the token, so it cannot be asked for your consent",
      "Add --yes, or put the token into a file.",
    );
  checkBaseUrl(accounts, orphans, baseUrl);
  const strangers = key.filter((keyId) => orphans.keys.every((orphan) => orphan.keyId !== keyId));
  if (strangers.length > 0)
    throw new CliError(`${orphans.account} does not report ${strangers.join(", ")} as unaccounted`, {
      next: "See them: kubectl signatureapi orphans",
    });
  const client = await connectManagement({ tokenFile, baseUrl }, io, userAgent());
  try {
    const world: RevocationWorld = {
      client,
      records: read,
      now: io.now,
      settleTime: DEFAULT_TIMING.settleTime,
      wait: async (ms) => announcedWait(context, ms),
    };
    const { candidates, kept } = await collectEvidence(orphans, orphans.keys, world);
    if (candidates.length > 0) {
      io.stderr.write(`${candidateTable(candidates)}\n`);
      const question = `Revoke these ${candidates.length} keys of vendor account ${orphans.accountId ?? ""} for good?`;
      await confirm(io, question, yes);
    }
    const results = [...(await revokeAll(candidates, world)), ...kept];
    io.stdout.write(formatted(output, { account: orphans.account, results }, () => resultLines(results)));
    return results.every(({ outcome }) => outcome === "revoked") ? EXIT.ok : EXIT.problem;
  } finally {
    await client.close();
  }
}

/** A token is sent where the user says, and never where an object of a namespace says. */
function checkBaseUrl(
  accounts: readonly AccountDocument[],
  { account }: AccountOrphans,
  given: string | undefined,
): void {
  const declaration = accounts.find(({ ref }) => accountKey(ref) === account)?.declaration;
  if (declaration === undefined || isProblem(declaration)) return;
  if (declaration.baseUrl === (given ?? DEFAULT_BASE_URL)) return;
  throw new UsageError(
    `spec.baseUrl of ${account} is ${declaration.baseUrl}, and the token would be sent to ${given ?? DEFAULT_BASE_URL}`,
    "If you trust that URL with the token, name it with --base-url.",
  );
}

async function announcedWait({ io }: Context, ms: number): Promise<void> {
  if (ms === 0) return;
  io.stderr.write(`Waiting ${Math.ceil(ms / 1_000)}s, so that two listings show the keys.\n`);
  await setTimeout(ms, undefined, { signal: io.signal });
}

function candidateTable(candidates: readonly Candidate[]): string {
  const rows = candidates.map(({ orphan: { keyId, mode, createdAt }, text }) => [
    keyId,
    mode,
    createdAt,
    text,
  ]);
  return table(["KEY", "MODE", "CREATED", "DESCRIPTION"], rows);
}

function resultLines(results: readonly RevocationResult[]): string {
  return results.map((result) => `${resultLine(result)}\n`).join("");
}

function resultLine({ keyId, outcome, why = "" }: RevocationResult): string {
  switch (outcome) {
    case "revoked":
      return `revoked ${keyId}`;
    case "kept":
      return `kept ${keyId}: ${why}`;
    case "unknown":
      return `${keyId} may be revoked or not: ${why}; run the command again`;
  }
}

function userAgent(): string {
  return `kubectl-signatureapi/${manifest.version}`;
}
