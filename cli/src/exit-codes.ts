/** What the exit status of a command says. docs/kubectl-plugin.md lists the same. */
export const EXIT = {
  ok: 0,
  /** The command failed: the API server refused, an object is not there, a file cannot be read. */
  failed: 1,
  /** The command line cannot be understood. Nothing was sent. */
  usage: 2,
  /** The command did its work, and what it looked at has a problem. */
  problem: 3,
  /** What the command waited for did not happen in time. It may still happen. */
  timedOut: 4,
  /** The API server cannot be reached, or does not know the user. */
  unreachable: 5,
  /** The command did its work, and something could not be looked at. What it saw has no problem. */
  unknown: 6,
  /** The user interrupted the command, or answered a question with no. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
