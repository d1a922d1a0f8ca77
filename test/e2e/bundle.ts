import { fileURLToPath } from "node:url";
import { run } from "../../tools/binaries/run.ts";

const BUILD = fileURLToPath(new URL("../../controller/build.ts", import.meta.url));

/** Builds the controller into one file, as the image has it. @throws Error with what the build printed. */
export async function buildBundle(outfile: string): Promise<void> {
  const { code, stderr } = await run(process.execPath, [BUILD, "--outfile", outfile]);
  if (code !== 0) throw new Error(`the build ended with ${code}: ${stderr}`);
}
