import { expect, test } from "vitest";
import { ACCOUNTS, accountStatusSchema } from "@signatureapi-keys/controller/resources";
import type { RequestCount } from "../cluster/request-counts.ts";
import { apiKey, readyNamespace } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { World } from "./world.ts";

type Counts = ReadonlyMap<string, number>;

/** Requests by what they did, such as `PUT apikeys/status`, dry runs apart. */
function byKind(rows: readonly RequestCount[]): Counts {
  const counts = new Map<string, number>();
  for (const { verb, resource, subresource, dryRun, value } of rows) {
    const name = `${dryRun === "" ? "" : "dry run of "}${verb} ${resource}${subresource === "" ? "" : `/${subresource}`}`;
    counts.set(name, (counts.get(name) ?? 0) + value);
  }
  return counts;
}

function difference(before: Counts, after: Counts): Record<string, number> {
  const names = [...after.keys()].filter(
    (name) => /(secrets|apikeys|accounts)/.test(name) && !/WATCH|LIST|APPLY/.test(name),
  );
  const rows = names.map((name) => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(rows.filter(([, count]) => count !== 0));
}

test("a new ApiKey costs four persisted writes, one dry run, one POST, and the live reads of the write order", async () => {
  await using world = await World.start();
  await world.apply(...readyNamespace("count", world.emulator.url));
  await world.startController();
  // The first key of an account proves besides that the API keeps tags; the second is what each further one costs.
  await new OneKey(world, "count", { name: "first" }).ready();
  world.emulator.admin.clearRequests();
  const before = byKind(await world.cluster.requestCounts());

  const second = new OneKey(world, "count", { name: "second" });
  await second.declare({});
  await second.untilReady();

  const after = byKind(await world.cluster.requestCounts());
  expect(difference(before, after)).toEqual({
    // The finalizer, the write-ahead, the Secret, the status.
    "PATCH apikeys": 1,
    "PUT apikeys/status": 2,
    "POST secrets": 1,
    "dry run of POST secrets": 1,
    // At the start, and before the commit.
    "GET apikeys": 2,
  });
  expect(world.emulator.admin.counters()).toEqual({ createApiKey: 1 });
});

test("a restart of a converged cluster changes nothing, neither here nor in the vendor account", async () => {
  await using world = await World.start();
  await world.apply(
    ...readyNamespace("quiet", world.emulator.url),
    apiKey("quiet", "one"),
    apiKey("quiet", "two"),
  );
  const first = await world.startController({ flags: ["--inventory-interval", "1s"] });
  for (const name of ["one", "two"]) await new OneKey(world, "quiet", { name }).untilReady();
  await world.watcher.until(
    ACCOUNTS,
    { namespace: "quiet", name: "default" },
    (object) => accountStatusSchema.parse(object?.status ?? {}).keys?.managed === 2,
  );
  await first.stop();
  world.emulator.admin.clearRequests();
  const before = byKind(await world.cluster.requestCounts());

  const second = await world.startController();
  await second.logged(/"at rest"/, 2);
  await second.logged(/"inventory made"/);
  await second.stop();

  // The credentials of the one account are read, the account is asked who it is, and listed: nothing for each key.
  expect(difference(before, byKind(await world.cluster.requestCounts()))).toEqual({ "GET secrets": 1 });
  expect(world.emulator.admin.counters()).toEqual({ getAccount: 1, listApiKeys: 1 });
});
