import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import * as z from "zod";
import { nodeProblem, OLDEST_NODE } from "./node-version.ts";

test.each(["16.20.2", "18.0.0", "20.20.2", "22.9.1", "22.18.9"])(
  "Node %s is too old, and named",
  (version) => {
    const problem = nodeProblem(version, "/usr/bin/node");
    expect(problem).toContain(`needs Node >= 22.19, and Pulumi runs it with Node ${version} (/usr/bin/node)`);
    expect(problem).toContain("Install a newer Node");
  },
);

test.each(["22.19.0", "22.20.1", "24.0.0", "100.1.0"])("Node %s is new enough", (version) => {
  expect(nodeProblem(version, "/usr/bin/node")).toBeUndefined();
});

test("npm warns of the same versions when it installs the package", async () => {
  const manifest = z
    .object({ engines: z.object({ node: z.string() }) })
    .parse(JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")));
  expect(manifest.engines.node).toBe(`>=${OLDEST_NODE}`);
});
