import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { logTail } from "./log-tail.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-log-"));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

async function tailOf(...lines: readonly string[]): Promise<readonly string[]> {
  const file = join(folder, "log");
  await writeFile(file, `${lines.join("\n")}\n`);
  return (await logTail(file, 2)).split("\n");
}

const THREADS = Array.from({ length: 40 }, (_, index) => `goroutine ${index}`);

test("a log is shown by its last lines", async () => {
  expect(await tailOf("one", "two", "three")).toEqual(["  two", "  three"]);
});

test.each(["panic: a nil map", "fatal error: concurrent map writes"])(
  "what the program ended with is shown, however many threads are listed after it: %s",
  async (reason) => {
    const shown = await tailOf("starts", reason, ...THREADS);
    expect(shown[0]).toBe(`  ${reason}`);
    expect(shown.slice(-3)).toEqual(["  …", "  goroutine 38", "  goroutine 39"]);
    expect(shown).toHaveLength(12 + 3);
  },
);

test("no line is shown twice", async () => {
  expect(await tailOf("panic: soon", "end")).toEqual(["  panic: soon", "  end"]);
});

test("an empty log and one that is not there are told apart", async () => {
  expect(await tailOf("")).toEqual(["  (nothing was logged)"]);
  expect(await logTail(join(folder, "none"))).toBe("  (there is no log)");
});
