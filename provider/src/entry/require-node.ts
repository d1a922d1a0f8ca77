import process from "node:process";
import { nodeProblem } from "./node-version.ts";

const problem = nodeProblem(process.versions.node, process.execPath);
if (problem !== undefined) {
  const error = new Error(problem);
  // Pulumi prints stacks to users, and this one says nothing.
  error.stack = "";
  throw error;
}
