import process from "node:process";
import { totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { MEMORY_ENVIRONMENT, memoryFlags } from "./memory-flags.ts";

/**
 * The entry point of the image: replaces itself by the controller, with a heap that is small and fits into the container. V8
 * reads the size of its heap once, before any code of ours runs. The process keeps its ID, so signals reach the controller.
 */
const given = [...(process.env["NODE_OPTIONS"] ?? "").split(/\s+/), ...process.execArgv];
const flags = memoryFlags({ limit: process.constrainedMemory(), total: totalmem(), given });
const controller = fileURLToPath(new URL("signatureapi-controller.mjs", import.meta.url));
const args = [...process.execArgv, ...flags, controller, ...process.argv.slice(2)];
if (process.execve === undefined)
  throw new Error("launch.mjs needs Linux or macOS; elsewhere run signatureapi-controller.mjs itself");
process.execve(process.execPath, [process.execPath, ...args], { ...MEMORY_ENVIRONMENT, ...process.env });
