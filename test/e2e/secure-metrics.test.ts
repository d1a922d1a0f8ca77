import { readFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type PeerCertificate } from "node:tls";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { createAuthority, issueCertificate } from "../cluster/certificates.ts";
import { requestsOf } from "../chart/audit-log.ts";
import { getSecurely, type SecureAnswer } from "./get-securely.ts";
import { namespace } from "./manifests.ts";
import { RunningController } from "./running-controller.ts";
import { World } from "./world.ts";

let world: World;
let folder: string;
/** With a self-signed certificate. */
let controller: RunningController;
let address: string;
const authority = createAuthority("metrics");

beforeAll(async () => {
  world = await World.start({ cluster: { audit: "Metadata" } });
  folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-metrics-"));
  await world.apply(namespace("monitoring"), {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "metrics-reader" },
    rules: [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }],
  });
  await world.apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "prometheus" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "metrics-reader" },
    subjects: ["prometheus", "late"].map((name) => ({
      kind: "ServiceAccount",
      namespace: "monitoring",
      name,
    })),
  });
  controller = await start();
  address = await controller.metricsAddress();
}, 120_000);

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const kubeconfigSchema = z.looseObject({
  users: z.tuple([z.looseObject({ user: z.object({ token: z.string() }) })]),
});

/** A token of a service account of the namespace monitoring. */
async function tokenOf(name: string): Promise<string> {
  const file = await world.cluster.serviceAccountKubeconfig({ namespace: "monitoring", name });
  return kubeconfigSchema.parse(parse(await readFile(file, "utf8"))).users[0].user.token;
}

const get = async (
  at: string,
  headers: Readonly<Record<string, string>> = {},
  path = "/metrics",
): Promise<SecureAnswer> => getSecurely(at, path, headers);

const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

/** The certificate that is served now. */
async function served(at: string): Promise<PeerCertificate> {
  const [host, port] = at.split(":");
  const socket = connect({ host, port: Number(port), ca: authority.certificate, servername: "keys" });
  await once(socket, "secureConnect");
  const certificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate;
}

async function start(...flags: readonly string[]): Promise<RunningController> {
  return world.startController({ flags: ["--metrics-address=127.0.0.1:0", "--metrics-secure", ...flags] });
}

/** How many TokenReviews the API server has answered. */
async function reviews(): Promise<number> {
  const requests = await requestsOf(world.cluster.auditLogFile, "admin");
  return requests.filter(({ resource }) => resource === "tokenreviews").length;
}

describe("--metrics-secure", { timeout: 150_000 }, () => {
  test("shows the metrics to whom the API server allows it, and to no other", async () => {
    const allowed = await get(address, bearer(await tokenOf("prometheus")));
    expect([allowed.status, allowed.body.includes("signatureapi_build_info")]).toEqual([200, true]);
    const other = await get(address, bearer(await tokenOf("other")));
    expect([other.status, other.body]).toEqual([403, expect.stringContaining("non-resource URL /metrics")]);
    const none = await get(address);
    expect([none.status, none.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
    // As it would be after its end: the signature no longer holds.
    const cut = (await tokenOf("prometheus")).slice(0, -8);
    for (const authorization of [`Bearer ${cut}`, "Bearer nonsense", "Basic bm9uc2Vuc2U=", "Bearer "])
      expect((await get(address, { authorization })).status).toBe(401);
    for (const { body } of [other, none]) expect(body).not.toContain("signatureapi_build_info");
    expect((await get(address, {}, "/")).status).toBe(404);
    // Without TLS, nothing is said at all.
    await expect(fetch(`http://${address}/metrics`)).rejects.toThrow();
    expect(controller.lines.join("")).not.toContain(cut.slice(0, 40));
  });

  test("serves a certificate that was replaced on disk, without a restart", async () => {
    const write = async (): Promise<string> => {
      const subject = { usage: "server", commonName: "keys", dnsNames: ["keys"], ipAddresses: [] } as const;
      const pair = issueCertificate(authority, subject);
      await writeFile(join(folder, "tls.key"), pair.key);
      await writeFile(join(folder, "tls.crt"), pair.certificate);
      return pair.certificate;
    };
    await write();
    const withFiles = await start(`--metrics-cert-dir=${folder}`);
    const there = await withFiles.metricsAddress();
    const before = await served(there);
    await write();
    await withFiles.logged(/served with a new certificate/);
    expect((await served(there)).serialNumber).not.toBe(before.serialNumber);
    const { body } = await get(there, bearer(await tokenOf("prometheus")));
    expect(body).toMatch(/^certwatcher_read_certificate_total 2$/m);
  });

  test("refuses to start without the certificate that it was given, and names the file", async () => {
    const flags = ["--metrics-address=127.0.0.1:0", "--metrics-secure", "--metrics-cert-dir=/nowhere"];
    const refused = await RunningController.start(world.access, world.emulator.url, { flags });
    await expect(refused.ended).rejects.toThrow(
      /--metrics-cert-dir: cannot read \/nowhere\/tls\.crt.*mount a Secret/,
    );
  });

  test("shows nothing while the API server cannot be asked", async () => {
    const late = bearer(await tokenOf("late"));
    await world.cluster.stopApiServer();
    try {
      const answer = await get(address, late);
      expect([answer.status, answer.body]).toEqual([503, expect.stringContaining("could not be asked")]);
    } finally {
      await world.cluster.startApiServer();
    }
    expect((await get(address, late)).status).toBe(200);
  });

  // Last: it uses up what may be asked from this address.
  test("asks the API server about few of many made-up tokens, and about a scraper all the same", async () => {
    const prometheus = bearer(await tokenOf("prometheus"));
    expect((await get(address, prometheus)).status).toBe(200);
    const before = await reviews();
    const began = performance.now();
    const statuses = new Set<number>();
    for (let i = 0; i < 300; i += 20) {
      const burst = Array.from({ length: 20 }, async (_, n) => get(address, bearer(`nonsense-${i + n}`)));
      for (const { status } of await Promise.all(burst)) statuses.add(status);
    }
    const seconds = (performance.now() - began) / 1_000;
    expect((await get(address, prometheus)).status).toBe(200);
    expect(statuses).toEqual(new Set([401, 429]));
    expect((await reviews()) - before).toBeLessThanOrEqual(10 + seconds + 1);
  });
});
