import type { Argument, Command, Option } from "commander";

/** A word that may come next, with what it is. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** What may come next. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Whether the name of an ApiKey may come next. */
  readonly apiKeys: boolean;
}

const NOTHING: Completion = { candidates: [], apiKeys: false };

/**
 * What may follow on a command line.
 * @param words after the name of the program; the last one is incomplete, and may be empty
 */
export function complete(program: Command, words: readonly string[]): Completion {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const at = before.findIndex(
    (word, index) => !word.startsWith("-") && !isValueAt(before, index, program.options),
  );
  const command = program.commands.find((one) => one.name() === before[at]);
  const options = [...program.options, ...(command?.options ?? [])];
  const awaited = optionOf(options, before.at(-1));
  if (awaited !== undefined && takesValue(awaited) && before.at(-1)?.includes("=") === false)
    return starting(
      current,
      (awaited.argChoices ?? []).map((word) => ({ word, description: "" })),
    );
  if (current.startsWith("-")) return starting(current, options.flatMap(flagsOf));
  if (command === undefined) {
    if (at !== -1) return NOTHING;
    return starting(
      current,
      program.commands.map((one) => ({ word: one.name(), description: one.summary() })),
    );
  }
  const given = before.slice(at + 1);
  const taken = given.filter((word, index) => !word.startsWith("-") && !isValueAt(given, index, options));
  const argument = command.registeredArguments[taken.length];
  return argument === undefined ? NOTHING : argumentCandidates(argument, current);
}

function argumentCandidates(argument: Argument, current: string): Completion {
  if (argument.argChoices !== undefined)
    return starting(
      current,
      argument.argChoices.map((word) => ({ word, description: "" })),
    );
  return { candidates: [], apiKeys: ["name", "target"].includes(argument.name()) };
}

function starting(current: string, all: readonly Candidate[]): Completion {
  return { candidates: all.filter(({ word }) => word.startsWith(current)), apiKeys: false };
}

/** Whether the word before is a flag that takes this one as its value. */
function isValueAt(words: readonly string[], index: number, options: readonly Option[]): boolean {
  const option = optionOf(options, words[index - 1]);
  return option !== undefined && takesValue(option) && words[index - 1]?.includes("=") === false;
}

function optionOf(options: readonly Option[], word: string | undefined): Option | undefined {
  return word === undefined ? undefined : options.find(({ long, short }) => word === long || word === short);
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function flagsOf({ long, description }: Option): readonly Candidate[] {
  return long === undefined || long === null ? [] : [{ word: long, description }];
}
