/**
 * Owns the processes of one cluster and its folder, so that nothing of it outlives the test process:
 * when the IPC channel closes, however its other end died (SIGKILL included), everything is killed and removed.
 * Started by supervise.ts as a process of its own: `node supervisor.ts <folder to remove at the end>`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { SupervisorEvent, SupervisorRequest } from "./supervisor-protocol.ts";

const folder = process.argv[2];
if (folder === undefined || process.send === undefined) {
  throw new Error(
    "supervisor.ts is started by supervise.ts, with the folder as its argument and an IPC channel",
  );
}
const children = new Map<string, { child: ChildProcess; ended: Promise<void> }>();
let kept = false;
let stopping = false;

function report(event: SupervisorEvent): void {
  // A channel that has just closed is reported by "disconnect".
  if (process.connected) process.send?.(event, () => undefined);
}

function start({ name, command, args, logFile }: Extract<SupervisorRequest, { op: "start" }>): void {
  const log = openSync(logFile, "a");
  const child = spawn(command, args, { stdio: ["ignore", log, log] });
  closeSync(log);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  children.set(name, { child, ended });
  child.on("spawn", () => report({ event: "started", name, pid: child.pid ?? 0 }));
  child.on("error", (error) => {
    if (child.pid === undefined) resolve();
    report({ event: "start-failed", name, message: error.message });
  });
  child.on("exit", (code, signal) => {
    resolve();
    report({ event: "exited", name, code, signal });
  });
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  // Nothing in a test cluster is worth a graceful end, and SIGKILL reaches a paused process too.
  for (const { child } of children.values()) child.kill("SIGKILL");
  await Promise.all(Array.from(children.values(), ({ ended }) => ended));
  await rm(folder ?? "", { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

process.on("message", (request: SupervisorRequest) => {
  if (stopping) return;
  switch (request.op) {
    case "start":
      start(request);
      break;
    case "signal":
      children.get(request.name)?.child.kill(request.signal);
      break;
    case "keep":
      kept = true;
      report({ event: "kept" });
      break;
    case "stop":
      void stop();
      break;
  }
});
process.on("disconnect", () => {
  if (!kept) void stop();
});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void stop());
// With `keep`, the channel no longer keeps this process alive, but its children do.
