/** `npm run demo:pulumi`: the life of a key in a stack, on the real engine, checked line by line. */
import process from "node:process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { ClaimError, expectSame } from "../../demo/claim.ts";
import { Narrator } from "../../demo/narrator.ts";
import { Parts } from "../../demo/parts.ts";
import { Vendor } from "../../demo/vendor.ts";
import { Project } from "../project.ts";
import { prepareToolchain } from "../toolchain.ts";
import { Shop } from "./shop.ts";
import { tellStory } from "./story.ts";

const QUICKSTART = "examples/pulumi/quickstart";
/** The token that the emulator takes by default. */
const EMULATOR_TOKEN = "emulator-token";

const HELP = `Usage: npm run demo:pulumi

Runs ${QUICKSTART} with the real Pulumi engine against an emulator of SignatureAPI's management API, and shows the
life of a key: previewed, made, rotated when it is due, revoked after its overlap, gone with the stack. The state is kept in a
temporary folder. Nothing leaves this machine. Every line with a tick was checked. Exit code 0: all of them hold; 1: one does
not; 130: Ctrl-C.

The first run downloads or builds the engine, which may take minutes. Later runs take seconds.

  --help   prints this

NO_COLOR=1 switches colours off; without a terminal there are none.
`;

/** What ends everything that was started, the last first. */
type CleanUp = (() => Promise<void>)[];

async function main(): Promise<number> {
  const help = readFlags(process.argv.slice(2));
  if (help === undefined) return 2;
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const narrator = new Narrator(process.stdout, process.env);
  const cleanUp: CleanUp = [];
  try {
    const outcome = await Promise.race([demonstrate(narrator, cleanUp), interruption()]);
    if (outcome !== "interrupted") return 0;
    narrator.say("\nInterrupted: cleaning up.");
    return 130;
  } catch (error) {
    report(narrator, error);
    return 1;
  } finally {
    for (const end of cleanUp.toReversed()) await end();
  }
}

function readFlags(args: readonly string[]): boolean | undefined {
  try {
    return parseArgs({ args: [...args], options: { help: { type: "boolean" } } }).values.help ?? false;
  } catch (error) {
    const why = error instanceof Error ? error.message.split(". ")[0] : "";
    process.stderr.write(`${why}\nSee npm run demo:pulumi -- --help.\n`);
    return undefined;
  }
}

async function demonstrate(narrator: Narrator, cleanUp: CleanUp): Promise<void> {
  const start = performance.now();
  narrator.chapter("1. The Pulumi engine, the package as it is published, and an emulator of SignatureAPI");
  const preparing = prepareToolchain((line) => narrator.say(`  ${line}`));
  const { toolchain, remove } = await narrator.during("getting the engine, packing the package", preparing);
  cleanUp.push(remove);
  const parts = await Parts.prepare(false);
  cleanUp.push(() => parts.stop());
  const emulator = await narrator.during("starting the emulator", parts.startEmulator());
  narrator.checked(`the emulator serves the management API and the data plane at ${emulator.url}`);
  const project = await Project.create({
    toolchain,
    baseUrl: emulator.url,
    token: EMULATOR_TOKEN,
    program: { folder: fileURLToPath(new URL(`../../../${QUICKSTART}`, import.meta.url)) },
    name: "signatureapi-quickstart",
  });
  cleanUp.push(() => project.remove());
  const shop = new Shop(project, narrator);
  await shop.show("config", "set", "mode", "live");
  narrator.checked(`a copy of ${QUICKSTART} has a stack, with its state in a temporary folder`);
  await tellStory({ narrator, shop, vendor: new Vendor(emulator) });
  narrator.chapter("7. Where the values have been");
  expectSame("values in what Pulumi has printed", narrator.leaksIn(shop.printed), 0);
  narrator.checked("the output of Pulumi contains no value of a key");
  expectSame("values in the emulator's log", narrator.leaksIn(await parts.printed()), 0);
  narrator.checked("the log of the emulator contains no value of a key");
  expectSame("values of keys in this output", narrator.leaksIn(), 0);
  narrator.checked("this output contains no value of a key");
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  narrator.say(`\n${narrator.claims} claims were checked, and hold. All of it took ${seconds} s.`);
}

function report(narrator: Narrator, error: unknown): void {
  if (error instanceof ClaimError) {
    narrator.failed("This does not hold:");
    narrator.say(`  expected: ${error.expected}\n  seen:     ${error.seen}`);
  } else {
    narrator.failed(error instanceof Error ? error.message : String(error));
  }
}

/** Resolves at the first Ctrl-C or SIGTERM. */
async function interruption(): Promise<"interrupted"> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve("interrupted"));
  });
}

// What was being waited for must not keep an interrupted demo alive.
process.exit(await main());
