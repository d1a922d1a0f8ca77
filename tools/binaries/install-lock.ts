import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 100;
const REMIND_EVERY_MS = 10_000;
const SQLITE_BUSY = 5;

function tryLock(file: string): DatabaseSync | undefined {
  const database = new DatabaseSync(file);
  try {
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

/**
 * Runs `action` while no other process, and no other caller in this one, runs one under the same cache folder.
 * The lock is that of an SQLite file: the operating system drops it with its holder, however that one dies, so
 * there is nothing stale to judge by age or process ID. While it waits, a line is logged every 10 s.
 */
export async function withInstallLock<T>(
  cache: string,
  purpose: string,
  log: (line: string) => void,
  action: () => Promise<T>,
): Promise<T> {
  await mkdir(cache, { recursive: true });
  const holderFile = join(cache, "install.holder"); // for people only
  let waited = 0;
  let lock = tryLock(join(cache, "install.lock"));
  while (lock === undefined) {
    if (waited % REMIND_EVERY_MS === 0) {
      const holder = await readFile(holderFile, "utf8").catch(() => "another process");
      log(`waiting for ${holder} (${waited / 1000} s so far)`);
    }
    await delay(POLL_MS);
    waited += POLL_MS;
    lock = tryLock(join(cache, "install.lock"));
  }
  try {
    await writeFile(holderFile, `process ${process.pid}, which is installing ${purpose}`);
    return await action();
  } finally {
    await rm(holderFile, { force: true });
    lock.close();
  }
}
