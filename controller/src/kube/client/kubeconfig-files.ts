import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import type { Cluster, Context, KubeConfig, User } from "@kubernetes/client-node";

/** What kubeconfig files say together. */
export interface MergedKubeConfig {
  readonly clusters: Cluster[];
  readonly users: User[];
  readonly contexts: Context[];
  readonly currentContext: string;
}

/**
 * Merges kubeconfig files as kubectl does: the first file that has an entry of a name wins, with the whole entry; so does the
 * first one that sets the current context. Paths count from the file that they are in.
 *
 * @param parse makes a `KubeConfig` of a file's text, whose own paths are made absolute.
 * @param isRequired whether a missing file is an error; kubectl skips those of `KUBECONFIG`.
 * @returns undefined if no file is there.
 * @throws Error that names the file that cannot be read or understood, and quotes nothing of it.
 */
export function mergeKubeConfigs(
  files: readonly string[],
  parse: (text: string, folder: string) => KubeConfig,
  isRequired: boolean,
): MergedKubeConfig | undefined {
  const texts = files.map((file) => ({ file, text: readText(file, isRequired) }));
  const present = texts.flatMap(({ file, text }) => (text === undefined ? [] : [{ file, text }]));
  if (present.length === 0) return undefined;
  // What holds nothing but comments is a kubeconfig without entries.
  const configs = present
    .filter(({ text }) => !isEmpty(text))
    .map(({ file, text }) => parsed(file, text, parse));
  return {
    clusters: firstOfEachName(configs.flatMap(({ clusters }) => clusters)),
    users: firstOfEachName(configs.flatMap(({ users }) => users)),
    contexts: firstOfEachName(configs.flatMap(({ contexts }) => contexts)),
    currentContext: configs.map(({ currentContext }) => currentContext).find(Boolean) ?? "",
  };
}

function readText(file: string, isRequired: boolean): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (!isRequired && errorCode(error) === "ENOENT") return undefined;
    throw unreadable(file, error);
  }
}

function isEmpty(text: string): boolean {
  return text.split("\n").every((line) => /^\s*(#.*|---)?\s*$/u.test(line));
}

function parsed(
  file: string,
  text: string,
  parse: (text: string, folder: string) => KubeConfig,
): MergedKubeConfig {
  const folder = dirname(resolve(file));
  try {
    const { clusters, users, contexts, currentContext } = parse(text, folder);
    return { clusters, contexts, currentContext, users: users.map((user) => withExecPath(user, folder)) };
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** A command with a slash is a path, and counts from its file; without one, it is looked for in PATH. */
function withExecPath(user: User, folder: string): User {
  const exec: unknown = user.exec;
  if (typeof exec !== "object" || exec === null || !("command" in exec)) return user;
  const { command } = exec;
  if (typeof command !== "string" || !command.includes("/") || isAbsolute(command)) return user;
  return { ...user, exec: { ...exec, command: resolve(folder, command) } };
}

function firstOfEachName<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  const byName = new Map<string, T>();
  for (const entry of entries) if (!byName.has(entry.name)) byName.set(entry.name, entry);
  return [...byName.values()];
}

/** The parser's message may quote the file, which holds credentials: it must not become the cause. */
function unreadable(file: string, error: unknown): Error {
  return new Error(`could not read the kubeconfig ${file}: ${errorCode(error)}`);
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "not a kubeconfig";
  return "code" in error && typeof error.code === "string" ? error.code : `not a kubeconfig (${error.name})`;
}
