import { metadataOf } from "@signatureapi-keys/controller/kube";
import { API_KEYS } from "@signatureapi-keys/controller/resources";
import type { Command } from "commander";
import { clusterFlagsSchema } from "../cluster/cluster-flags.ts";
import { connect } from "../cluster/connect.ts";
import type { Io } from "../io.ts";
import { complete, type Candidate } from "./candidates.ts";

/** What shells call: the words after it are an incomplete command line. */
export const COMPLETE = "__complete";

/** The directive of kubectl's protocol: no names of files. */
const NO_FILES = ":4";
/** A shell waits for the answer. */
const TIMEOUT_MS = 3_000;

/**
 * Answers a shell: one candidate a line, then a directive, as kubectl's own completion prints them. What cannot be found
 * out is left out, and nothing is reported.
 * @param words the last one is incomplete, and may be empty
 */
export async function answerShell(program: Command, words: readonly string[], io: Io): Promise<void> {
  const { candidates, apiKeys } = complete(program, words);
  const names = apiKeys ? await apiKeyNames(program, words, io).catch(() => []) : [];
  const lines = [...candidates, ...names].map(({ word, description }) =>
    description === "" ? word : `${word}\t${description}`,
  );
  io.stdout.write(`${[...lines, NO_FILES].join("\n")}\n`);
}

async function apiKeyNames(
  program: Command,
  words: readonly string[],
  io: Io,
): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? "";
  program.parseOptions(words.slice(0, -1));
  const flags = clusterFlagsSchema.parse(program.opts());
  const { client, namespace } = await connect({ ...flags, requestTimeout: TIMEOUT_MS }, io.env);
  try {
    const { items } = await client.listAll(metadataOf(API_KEYS), { namespace });
    return items
      .filter(({ metadata }) => metadata.name.startsWith(current))
      .map(({ metadata }) => ({ word: metadata.name, description: "" }));
  } finally {
    await client.close();
  }
}
