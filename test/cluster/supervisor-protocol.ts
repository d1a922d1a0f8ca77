/** What a test process asks of its supervisor (supervisor.ts), over Node's IPC channel. */
export type SupervisorRequest =
  /** Start a process under a name; both of its outputs are appended to `logFile`. */
  | {
      readonly op: "start";
      readonly name: string;
      readonly command: string;
      readonly args: readonly string[];
      readonly logFile: string;
    }
  | { readonly op: "signal"; readonly name: string; readonly signal: NodeJS.Signals }
  /** From now on the processes outlive the one that asked for them; SIGTERM to the supervisor ends them. */
  | { readonly op: "keep" }
  /** Kill everything, remove the folder, end. */
  | { readonly op: "stop" };

/** What the supervisor reports. */
export type SupervisorEvent =
  | { readonly event: "started"; readonly name: string; readonly pid: number }
  | { readonly event: "start-failed"; readonly name: string; readonly message: string }
  | {
      readonly event: "exited";
      readonly name: string;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
    }
  | { readonly event: "kept" };
