/** Prints the number of the part of the mutants for a commit: see parts.ts. The commit is the only argument. */
import process from "node:process";
import { partOf } from "./parts.ts";

const [commit = ""] = process.argv.slice(2);
process.stdout.write(`${/^[0-9a-f]{8}/.test(commit) ? partOf(commit) : 1}\n`);
