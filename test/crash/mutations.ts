import type { Mutation } from "./bundle.ts";
import { CREATE_LIVE, CREATE_UNANSWERED, ROTATE_LIVE } from "./operations.ts";
import type { Operation } from "./operation.ts";
import type { CrashWorld } from "./crash-world.ts";
import type { Point } from "./points.ts";
import { SCENARIOS } from "./stopped.ts";
import { crash } from "./run-row.ts";
import { runStopped } from "./stopped.ts";

/** A fault put into the product's source, and the row that must notice it, in these words. */
export interface Mutant extends Mutation {
  readonly noticed: RegExp;
  run(world: CrashWorld, file: string): Promise<void>;
}

function killed(operation: Operation, side: Point["side"], step: string): Mutant["run"] {
  return async (world, file) => crash(world, operation, { side, step, occurrence: 1 }, { file });
}

function stopped(beginning: string): Mutant["run"] {
  return async (world, file) => {
    const scenario = SCENARIOS.find(({ name }) => name.startsWith(beginning));
    if (scenario === undefined) throw new Error("the scenario has another name");
    await runStopped(world, scenario, file);
  };
}

/** Each of these passes where nothing crashes. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "asks for a key without a write-ahead",
    file: "controller/src/apikey/steps/object-steps.ts",
    find: "const written = await env.kube.updateStatus(",
    replace:
      'const written = step.why === "WriteAhead" ? { ...before, record: step.status } : await env.kube.updateStatus(',
    noticed: /neither committed, nor retiring, nor traceable/,
    run: killed(CREATE_LIVE, "after", "mint"),
  },
  {
    name: "forgets an attempt that was cut off, instead of giving it up",
    file: "lifecycle/src/plan/policies/recover-attempts.ts",
    find: 'return act({ kind: "write-status", why: "Abandon", status: abandonAttempt(view, attempt), verdict });',
    replace:
      'const { attempt: _forgotten, ...status } = view.object.status; return act({ kind: "write-status", why: "Abandon", status, verdict });',
    noticed: /active keys of ours are/,
    run: killed(CREATE_LIVE, "after", "mint"),
  },
  {
    name: "never looks for what an abandoned attempt has left",
    file: "lifecycle/src/attempt.ts",
    find: 'return attempt.op === "create" ? attempt.listings >= 2',
    replace: 'return attempt.op === "create" ? true',
    noticed: /active keys of ours are/,
    run: killed(CREATE_LIVE, "after", "mint"),
  },
  {
    name: "ignores that it has lost the lock after the mint",
    file: "lifecycle/src/plan/commit/lock.ts",
    find: `  if (status.abandoned.some((attempt) => attempt.id === id)) return "lost";
  if (phase === "unwritten") return status.attempt?.id === id && !object.deleting ? "held" : "lost";`,
    replace: `  if (phase === "unwritten") return "held";`,
    noticed: /VIOLATION/,
    run: stopped("between the mint of a rotation"),
  },
  {
    name: "records the key in the status before its value is in the Secret",
    file: "lifecycle/src/plan/policies/finish-commit.ts",
    find: "      return keepBeside(view) ?? write(view, pending);",
    replace: `      return view.object.status.fingerprint === pending.fingerprint ? write(view, pending) : recordCommit(view, pending);`,
    noticed: /which was never in the Secret/,
    run: killed(CREATE_LIVE, "after", "write-status:Committed"),
  },
  {
    name: "takes a create without an answer, and AlreadyExists, for a loss without a look",
    file: "lifecycle/src/plan/policies/finish-commit.ts",
    find: '  if (needsSecret(view, state)) return act({ kind: "read-secret" });',
    replace: `  if (state.phase === "uncertain") return revokeStep(view, pending.keyId, "CommitLost");
  if (needsSecret(view, state)) return act({ kind: "read-secret" });`,
    noticed: /the committed value is answered with 401/,
    run: killed(CREATE_UNANSWERED, "after", "revoke-key:CommitLost"),
  },
  {
    name: "does not touch the Secret, so that the writer that was cut off is not fenced off",
    file: "lifecycle/src/plan/policies/recover-attempts.ts",
    find: "if (secret.touchedFor !== attempt.id && !view.pass.touched.includes(attempt.id)) {",
    replace: "if (secret.touchedFor !== attempt.id && attempt.id === undefined) {",
    noticed: /which had lost, was written/,
    run: stopped("before the replacement of the Secret"),
  },
  {
    name: "revokes the old key before the new one is committed",
    file: "lifecycle/src/plan/policies/mint-when-due.ts",
    find: '  if (attempt.op === "roll" && attempt.keyId !== undefined)',
    replace:
      '  const old = view.object.status.keyId;\n  if (old !== undefined && keyState(view, old).state !== "gone") return act(keyState(view, old).state === "unknown" ? { kind: "get-key", keyId: old } : { kind: "revoke-key", keyId: old, reason: "Retired" });\n  if (attempt.op === "roll" && attempt.keyId !== undefined)',
    noticed: /the committed value is answered with 401/,
    run: killed(ROTATE_LIVE, "after", "mint"),
  },
];
