/** `npm run demo`: what the controller does with a key, shown on real parts and checked line by line. */
import process from "node:process";
import { parseArgs } from "node:util";
import * as z from "zod";
import type { Cluster } from "../cluster/cluster.ts";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { startCluster } from "../cluster/start-cluster.ts";
import { ClaimError, expectSame } from "./claim.ts";
import { Narrator } from "./narrator.ts";
import { type EmulatorAddresses, Parts } from "./parts.ts";
import { QUICKSTART } from "./quickstart.ts";
import { showStory } from "./story.ts";

const HELP = `Usage: npm run demo [-- flags]

Starts a real Kubernetes API server, an emulator of SignatureAPI's management API and the controller, each as a process
of its own, and shows what happens to a key: declared, delivered, lost, healed, revoked. Nothing leaves this machine.
Every line with a tick was checked on the running system. Exit code 0: all of them hold; 1: one does not; 130: Ctrl-C.

The first run downloads or builds kube-apiserver, etcd and kubectl, which may take minutes. Later runs take seconds.

  --keep   leaves everything running at the end, and prints how to use it and how to stop it
  --help   prints this

NO_COLOR=1 switches colours off; without a terminal there are none.
`;

/** Everything that was started, as far as it was. */
interface Started {
  cluster?: Cluster;
  parts?: Parts;
}

async function main(): Promise<number> {
  const flags = readFlags(process.argv.slice(2));
  if (flags === undefined) return 2;
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const narrator = new Narrator(process.stdout, process.env);
  const started: Started = {};
  const interrupted = interruption();
  try {
    const emulator = await Promise.race([demonstrate(narrator, started, flags.keep), interrupted]);
    if (emulator === "interrupted") {
      narrator.say("\nInterrupted: cleaning up.");
      await stop(started);
      return 130;
    }
    if (flags.keep) await keep(narrator, started, emulator);
    else await cleanUp(narrator, started);
    checkForLeaks(narrator);
    return 0;
  } catch (error) {
    await report(narrator, error, started.parts);
    await stop(started);
    return 1;
  }
}

function readFlags(args: readonly string[]): { help: boolean; keep: boolean } | undefined {
  try {
    const options = { help: { type: "boolean" }, keep: { type: "boolean" } } as const;
    const { help = false, keep: kept = false } = parseArgs({ args: [...args], options }).values;
    return { help, keep: kept };
  } catch (error) {
    const why = error instanceof Error ? error.message.split(". ")[0] : "";
    process.stderr.write(`${why}\nSee npm run demo -- --help.\n`);
    return undefined;
  }
}

async function demonstrate(
  narrator: Narrator,
  started: Started,
  keeping: boolean,
): Promise<EmulatorAddresses> {
  const start = performance.now();
  narrator.chapter("1. A Kubernetes API server and an emulator of SignatureAPI");
  for (const name of ["kube-apiserver", "etcd", "kubectl"] as const) {
    const log = (line: string): void => narrator.say(`  ${line}`);
    await narrator.during(`getting ${name}`, findBinary(name, { log }));
  }
  const starting = startCluster({ keep: keeping, log: () => undefined });
  const cluster = await narrator.during("starting etcd and kube-apiserver", starting);
  started.cluster = cluster;
  narrator.checked(`a real API server is ready, version ${await serverVersion(cluster)}`);
  const parts = await Parts.prepare(keeping);
  started.parts = parts;
  const emulator = await narrator.during("starting the emulator", parts.startEmulator());
  narrator.checked(`the emulator serves the management API and the data plane at ${emulator.url}`);
  await showStory({ narrator, cluster, parts, emulator });
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  narrator.say(`\nAll of it took ${seconds} s.`);
  return emulator;
}

async function serverVersion(cluster: Cluster): Promise<string> {
  const { code, stdout } = await cluster.kubectl(["get", "--raw", "/version"]);
  expectSame("kubectl get --raw /version exits with", code, 0);
  return z.object({ gitVersion: z.string() }).parse(JSON.parse(stdout)).gitVersion;
}

async function cleanUp(narrator: Narrator, started: Started): Promise<void> {
  narrator.chapter("8. Cleaning up");
  const ending = started.parts?.stopController() ?? Promise.resolve({ code: null, signal: null });
  const { code } = await narrator.during("waiting for the controller to end", ending);
  expectSame("the controller's exit code after SIGTERM", code, 0);
  narrator.checked("the controller ended after SIGTERM, exit code 0");
  await checkLogs(narrator, started);
  await stop(started);
  narrator.say("  Stopped everything, and removed the temporary folders.");
}

async function checkLogs(narrator: Narrator, { parts }: Started): Promise<void> {
  expectSame("values in the processes' logs", narrator.leaksIn(await parts?.printed()), 0);
  narrator.checked("the logs of controller and emulator contain no value of a key");
}

async function keep(narrator: Narrator, started: Started, emulator: EmulatorAddresses): Promise<void> {
  const { cluster, parts } = started;
  if (cluster === undefined || parts === undefined) return;
  await parts.keep();
  narrator.chapter("8. Everything keeps running");
  await checkLogs(narrator, started);
  narrator.say(`  export KUBECONFIG=${cluster.kubeconfigFile}`);
  narrator.say(`  kubectl             ${await findBinary("kubectl")}`);
  narrator.say(`  to mint a key again kubectl apply -f ${QUICKSTART}/20-apikey.yaml`);
  narrator.say(`  emulator, API       ${emulator.url}`);
  narrator.say(`  emulator, admin     ${emulator.adminUrl} (GET /keys, GET /requests, POST /faults)`);
  narrator.say(`  controller's log    ${parts.controllerLogFile}`);
  narrator.say(`  to stop all of it   kill ${cluster.supervisorPid} ${parts.supervisorPid}`);
}

/** The last claim: the story itself has given no value away. */
function checkForLeaks(narrator: Narrator): void {
  expectSame("values of keys in this output", narrator.leaksIn(), 0);
  narrator.checked("this output contains no value of a key");
  narrator.say(`\n${narrator.claims} claims were checked, and hold.`);
}

async function report(narrator: Narrator, error: unknown, parts: Parts | undefined): Promise<void> {
  if (error instanceof ClaimError) {
    narrator.failed("This does not hold:");
    narrator.say(`  expected: ${error.expected}\n  seen:     ${error.seen}`);
  } else {
    narrator.failed(error instanceof Error ? error.message : String(error));
  }
  if (parts === undefined) return;
  narrator.say(`The end of the controller's log:\n${await parts.controllerLogTail()}`);
}

async function stop({ cluster, parts }: Started): Promise<void> {
  await parts?.stop();
  await cluster?.stop();
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once, and the supervisors clean up. */
async function interruption(): Promise<"interrupted"> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve("interrupted"));
  });
}

// What was being waited for must not keep an interrupted demo alive.
process.exit(await main());
