import { mkdtemp, appendFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { AuditLog, countByKind, mutates, parseAuditLine, spanOf } from "./audit.ts";

interface Event {
  readonly user?: string;
  readonly verb?: string;
  readonly uri?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly from?: string;
  readonly to?: string;
}

function event({ user = "bench-controller", verb = "get", uri = "/x", ...rest }: Event = {}): string {
  const { resource = "apikeys", subresource, from = "2026-01-01T00:00:00.000000Z", to = from } = rest;
  return JSON.stringify({
    kind: "Event",
    verb,
    requestURI: uri,
    user: { username: user, groups: ["system:masters"] },
    objectRef: { resource, subresource, namespace: "bench", name: "key-000001" },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: from,
    stageTimestamp: to,
  });
}

test("a line is read with its subresource, its dry run, and times to the microsecond", () => {
  const line = event({
    verb: "update",
    subresource: "status",
    uri: "/apis/x/status?fieldManager=a&dryRun=All",
    from: "2026-01-01T00:00:00.000250Z",
    to: "2026-01-01T00:00:01.500000Z",
  });
  expect(parseAuditLine(line)).toEqual({
    user: "bench-controller",
    verb: "update",
    resource: "apikeys/status",
    namespace: "bench",
    name: "key-000001",
    dryRun: true,
    code: 200,
    from: Date.parse("2026-01-01T00:00:00Z") + 0.25,
    to: Date.parse("2026-01-01T00:00:01.5Z"),
  });
});

test("only reads change nothing", () => {
  const verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
  const changing = verbs.filter((verb) => mutates(parseAuditLine(event({ verb }))));
  expect(changing).toEqual(["create", "update", "patch", "delete", "deletecollection"]);
});

test("requests are counted by kind, dry runs apart, most first", () => {
  const lines = [
    event({ verb: "create", resource: "secrets", uri: "/x?dryRun=All" }),
    event({ verb: "create", resource: "secrets" }),
    event({ verb: "create", resource: "secrets" }),
  ];
  expect([...countByKind(lines.map((line) => parseAuditLine(line)))]).toEqual([
    ["create secrets", 2],
    ["dry run of create secrets", 1],
  ]);
});

test("the span is from the first request to the last answer, whatever their order", () => {
  const times = [
    { from: 2_000, to: 9_000 },
    { from: 1_000, to: 3_000 },
    { from: 4_000, to: 5_000 },
  ];
  expect(spanOf(times)).toBe(8);
  expect(spanOf([])).toBeNaN();
});

test("what was appended since the last look is read, a half-written line when it is whole", async () => {
  const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-audit-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const file = join(folder, "audit.log");
  const [whole, half] = [event({ verb: "create" }), event({ verb: "patch" })];
  await appendFile(file, `${whole}\n${event({ user: "another" })}\n${half.slice(0, 20)}`);
  const log = new AuditLog(file);
  const verbs = async (): Promise<readonly string[]> =>
    (await log.read("bench-controller")).map(({ verb }) => verb);
  expect(await verbs()).toEqual(["create"]);
  await appendFile(file, `${half.slice(20)}\n`);
  expect(await verbs()).toEqual(["patch"]);
  expect(await verbs()).toEqual([]);
});
