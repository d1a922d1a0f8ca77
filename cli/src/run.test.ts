import { KubeError } from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import { expect, test } from "vitest";
import { defineCommand } from "./command.ts";
import { durationFlag } from "./duration-flag.ts";
import { CliError } from "./errors.ts";
import { EXIT } from "./exit-codes.ts";
import { formatted } from "./output/format.ts";
import { run } from "./run.ts";
import { testIo, type TestIo } from "./testing/test-io.ts";

const NO_KUBECONFIG = { HOME: "/nonexistent", KUBECONFIG: "" };

/** A command that prints what it was given, or fails as it was told. */
function probe(fail?: () => never) {
  return defineCommand({
    name: "probe",
    summary: "Print the command line",
    flags: z.object({ wait: durationFlag(60_000) }),
    declare: (command) => void command.argument("[name]").option("--wait <duration>"),
    run({ io, output, allNamespaces }, args, flags) {
      fail?.();
      io.stdout.write(formatted(output, { args, flags, allNamespaces }, () => "text\n"));
      return Promise.resolve(EXIT.ok);
    },
  });
}

async function runProbe(args: readonly string[], fail?: () => never): Promise<{ code: number; io: TestIo }> {
  const io = testIo();
  return { code: await run(args, io, [probe(fail)]), io };
}

test("global flags count before and after the command", async () => {
  const after = await runProbe(["probe", "a", "--wait", "90", "-A", "-o", "json"]);
  expect(JSON.parse(after.io.out())).toEqual({ args: ["a"], flags: { wait: 90_000 }, allNamespaces: true });
  const before = await runProbe(["-A", "-o", "json", "probe", "a", "--wait=90s"]);
  expect(before.io.out()).toBe(after.io.out());
  expect([before.code, after.code]).toEqual([EXIT.ok, EXIT.ok]);
});

test.each([
  [["probe", "--nope"], "unknown option '--nope'"],
  [["nope"], "unknown command 'nope'"],
  [["probe", "a", "b"], "too many arguments"],
  [["probe", "-o", "xml"], "Allowed choices are json, yaml"],
  [["probe", "--wait", "soon"], '--wait: "soon" is not a duration; write it as 90s'],
  [["probe", "--server", "nowhere"], "--server: must be an http or https URL"],
  [["probe", "--request-timeout", "1x"], '--request-timeout: "1x" is not a duration'],
])("%j is an error of the command line, and nothing else is printed", async (args, message) => {
  const { code, io } = await runProbe(args);
  expect(io.err()).toContain(message);
  expect(io.out()).toBe("");
  expect(code).toBe(EXIT.usage);
});

test("help is an answer, on standard output", async () => {
  const { code, io } = await runProbe(["probe", "--help"]);
  expect(io.out()).toContain("Print the command line");
  expect(io.out()).toContain("kubectl signatureapi probe");
  expect([code, io.err()]).toEqual([EXIT.ok, ""]);
});

test("without a command, the help is shown, and the status says that nothing was done", async () => {
  const { code, io } = await runProbe([]);
  expect(io.err()).toContain("Usage: kubectl signatureapi");
  expect(code).toBe(EXIT.usage);
});

test("a failure is printed with what to do next, and without a stack", async () => {
  const { code, io } = await runProbe(["probe"], () => {
    throw new CliError("the thing is not there", { next: "Make the thing.", exitCode: EXIT.problem });
  });
  expect(io.err()).toBe("error: the thing is not there\nMake the thing.\n");
  expect(code).toBe(EXIT.problem);
});

test.each([
  ["forbidden", EXIT.failed, "Ask an administrator for the right to get apikeys.signatureapi.com."],
  ["not-found", EXIT.failed, "List what is there: kubectl get apikeys -n shop"],
  ["unauthorized", EXIT.unreachable, "Log in to the cluster"],
  ["connection", EXIT.unreachable, "Check --context and --server"],
  ["server-error", EXIT.failed, ""],
] as const)("a request that fails with %s says what to do", async (kind, exitCode, advice) => {
  const { code, io } = await runProbe(["probe"], () => {
    throw new KubeError({
      kind,
      effect: "none",
      verb: "get",
      resource: "apikeys.signatureapi.com",
      namespace: "shop",
      name: "checkout",
      message: "it does not work",
    });
  });
  expect(io.err()).toContain("error: could not get apikeys.signatureapi.com shop/checkout: it does not work");
  expect(io.err()).toContain(advice);
  expect(code).toBe(exitCode);
});

test("a kind that the cluster does not serve points to the installation", async () => {
  const { io } = await runProbe(["probe"], () => {
    throw new KubeError({
      kind: "not-found",
      effect: "none",
      verb: "list",
      resource: "apikeys.signatureapi.com",
      message: "the answer is not a Kubernetes Status",
    });
  });
  expect(io.err()).toContain("Install the controller");
});

test("without a kubeconfig, a command that needs a cluster says where it looked", async () => {
  const io = testIo({ env: NO_KUBECONFIG });
  const command = defineCommand({
    ...probe(),
    flags: z.object({}),
    run: async (context) => {
      await context.client();
      return EXIT.ok;
    },
  });
  expect(await run(["probe"], io, [command])).toBe(EXIT.unreachable);
  expect(io.err()).toContain("no cluster found");
  expect(io.err()).toContain("Check --kubeconfig, KUBECONFIG and --context.");
});

test("--as-group without --as is refused before anything is sent", async () => {
  const io = testIo({ env: NO_KUBECONFIG });
  const command = defineCommand({
    ...probe(),
    flags: z.object({}),
    run: async (context) => {
      await context.client();
      return EXIT.ok;
    },
  });
  expect(await run(["probe", "--as-group", "admins"], io, [command])).toBe(EXIT.usage);
  expect(io.err()).toContain("--as-group and --as-uid need --as");
});

test("an interruption is no failure of the request that it cut off", async () => {
  const io = testIo();
  const code = await run(["probe"], io, [
    probe(() => {
      io.interrupt();
      throw new KubeError({
        kind: "aborted",
        effect: "none",
        verb: "watch",
        resource: "apikeys",
        message: "x",
      });
    }),
  ]);
  expect(code).toBe(EXIT.interrupted);
  expect(io.err()).toBe("error: interrupted\n");
});
