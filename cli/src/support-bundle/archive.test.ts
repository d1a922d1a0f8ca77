import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { expect, test } from "vitest";
import { archive } from "./archive.ts";
import { contentsPage } from "./contents.ts";

const AT = new Date("2026-11-27T12:00:00Z");

test("an archive holds its files in one folder, for their owner only", async () => {
  const bytes = await archive(
    "bundle",
    [
      { name: "log/a.log", text: "größer\n" },
      { name: "b.txt", text: "" },
    ],
    AT,
  );
  const found: unknown[] = [];
  for await (const entry of Readable.from([gunzipSync(bytes)]).pipe(extract())) {
    const { name, mode, mtime } = entry.header;
    found.push([name, mode, mtime, await text(entry)]);
  }
  expect(found).toEqual([
    ["bundle/log/a.log", 0o600, AT, "größer\n"],
    ["bundle/b.txt", 0o600, AT, ""],
  ]);
});

test("its first page names what is in it, and what is missing and why", () => {
  const page = contentsPage(
    [
      { what: "ApiKeys", files: [{ name: "apikeys.yaml", text: "" }] },
      { what: "Events", missing: "forbidden" },
      { what: "Metrics", files: [] },
    ],
    { at: AT, version: "0.1.0" },
  );
  expect(page.text).toContain(
    "- ApiKeys: apikeys.yaml\n- Events: missing, forbidden\n- Metrics: none there\n",
  );
  expect(page.text).toContain("0.1.0, made 2026-11-27T12:00:00.000Z");
});
