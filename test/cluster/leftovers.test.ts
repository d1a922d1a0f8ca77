import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { run } from "../../tools/binaries/run.ts";
import { processesOf } from "./test-processes.ts";

const TIMEOUT = 60_000;

interface Started {
  readonly parent: ChildProcess;
  readonly folder: string;
  readonly supervisorPid: number;
}

/** Runs a process that starts a cluster, says where it is, and waits. */
async function clusterInAnotherProcess(options: string): Promise<Started> {
  const module = fileURLToPath(new URL("start-cluster.ts", import.meta.url));
  const program = `
    const { startCluster } = await import(${JSON.stringify(module)});
    const cluster = await startCluster(${options});
    console.log(cluster.folder, cluster.supervisorPid);
    setInterval(() => undefined, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: parent.stdout })) {
    const [folder = "", supervisorPid] = line.split(" ");
    return { parent, folder, supervisorPid: Number(supervisorPid) };
  }
  throw new Error("the process ended before its cluster was ready");
}

async function kill(parent: ChildProcess): Promise<void> {
  const ended = once(parent, "exit");
  parent.kill("SIGKILL");
  await ended;
}

test(
  "when the process that started a cluster is killed, its servers and its folder go too",
  { timeout: TIMEOUT },
  async () => {
    const { parent, folder } = await clusterInAnotherProcess("{}");
    expect(await processesOf(folder)).toHaveLength(3); // etcd, kube-apiserver, their supervisor
    await kill(parent);
    await expect.poll(async () => processesOf(folder), { timeout: 5000 }).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  },
);

test("a paused etcd goes as well", { timeout: TIMEOUT }, async () => {
  const { parent, folder } = await clusterInAnotherProcess("{}");
  const { stdout } = await run("ps", ["-A", "-o", "pid=,args="]);
  const etcd = stdout.split("\n").find((line) => line.includes(`--data-dir=${folder}`));
  process.kill(Number.parseInt(etcd ?? "", 10), "SIGSTOP");
  await kill(parent);
  await expect.poll(async () => processesOf(folder), { timeout: 5000 }).toEqual([]);
});

test("a kept cluster outlives its process and ends with its supervisor", { timeout: TIMEOUT }, async () => {
  const { parent, folder, supervisorPid } = await clusterInAnotherProcess(
    "{ keep: true, log: () => undefined }",
  );
  await kill(parent);
  const servers = await processesOf(folder);
  expect(servers).toHaveLength(3);
  process.kill(supervisorPid, "SIGTERM");
  await expect.poll(async () => processesOf(folder), { timeout: 5000 }).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});
