import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

async function tar(args: readonly string[]): Promise<string> {
  const { code, signal, stdout, stderr } = await run("tar", args);
  if (code !== 0) throw new Error(`tar ${args.join(" ")} ended with ${code ?? signal}: ${stderr.trim()}`);
  return stdout;
}

/**
 * Unpacks the named members of a .tar.gz archive into a folder, with the system's tar.
 * Rejects, before anything is written, when any entry would leave the folder, or a wanted one is missing or not a plain file.
 */
export async function unpack(archive: string, folder: string, members: readonly string[]): Promise<void> {
  const entries = (await tar(["-tzf", archive])).split("\n").filter((entry) => entry !== "");
  const leaving = entries.find((entry) => entry.startsWith("/") || entry.split("/").includes(".."));
  if (leaving !== undefined) {
    throw new Error(`${archive} has an entry outside its folder (${leaving}); nothing of it was unpacked`);
  }
  const listing = new Map(entries.map((entry) => [entry.replace(/^\.\//, ""), entry]));
  const wanted = members.map((member) => {
    const entry = listing.get(member);
    if (entry === undefined) throw new Error(`${archive} has no entry ${member}`);
    return entry;
  });
  await tar(["-xzf", archive, "-C", folder, ...wanted]);
  for (const member of members) {
    if (!(await lstat(join(folder, member))).isFile()) {
      throw new Error(`${member} in ${archive} is not a plain file`);
    }
  }
}
