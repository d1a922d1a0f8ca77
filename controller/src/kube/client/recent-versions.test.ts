import * as z from "zod";
import { beforeEach, expect, test } from "vitest";
import { FakeClock } from "../fake-clock.ts";
import { kubeObjectSchema, type KubeObject } from "./object-meta.ts";
import { parseAnswer } from "./parse.ts";
import { parseText } from "./parse-text.ts";
import { RecentVersions } from "./recent-versions.ts";
import type { ResourceType } from "./resource-type.ts";

const TARGET = { verb: "get", resource: "things", namespace: "shop", name: "app" } as const;

let clock: FakeClock;
let parses: number;
let type: ResourceType;
beforeEach(() => {
  clock = new FakeClock();
  parses = 0;
  const schema: z.ZodType<KubeObject> = kubeObjectSchema.transform((object) => {
    parses += 1;
    return object;
  });
  const recent = new RecentVersions<KubeObject>(clock);
  type = { group: "", version: "v1", kind: "Thing", plural: "things", namespaced: true, schema, recent };
});

function json(resourceVersion: string | undefined, uid = "uid-1"): string {
  return JSON.stringify({ metadata: { namespace: "shop", name: "app", uid, resourceVersion } });
}

function answer(text: string, to: Parameters<typeof parseAnswer>[3]): KubeObject {
  return parseAnswer(type, text, TARGET, to);
}

function event(text: string): KubeObject | undefined {
  const parsed = parseText(type, { text: Buffer.from(text), bytes: text.length, tooLong: false });
  return "object" in parsed ? parsed.object : undefined;
}

test("what the answer to a write showed is not parsed again in a watch event or a read", () => {
  const written = answer(json("7"), "write");
  expect(event(json("7"))).toBe(written);
  expect(answer(json("7"), "read")).toBe(written);
  expect(parses).toBe(1);
});

test("another version is parsed, and so is another object of the name, and the earlier version after it", () => {
  answer(json("7"), "read");
  expect(event(json("8"))?.metadata.resourceVersion).toBe("8");
  expect(event(json("8", "uid-2"))?.metadata.uid).toBe("uid-2");
  expect(event(json("7"))?.metadata.resourceVersion).toBe("7");
  expect(parses).toBe(4);
});

test("the answer to a dry run is not what is stored, whatever version it names", () => {
  const read = answer(json("7"), "read");
  expect(answer(json("7"), "dry-run")).not.toBe(read);
  expect(answer(json(undefined), "dry-run").metadata.resourceVersion).toBe("");
  expect(event(json("7"))).toBe(read);
  expect(parses).toBe(3);
});

test("after a restore of etcd, which takes longer than anything is remembered, nothing old is believed", async () => {
  answer(json("7"), "read");
  await clock.advance(1_999);
  event(json("7"));
  expect(parses).toBe(1);
  await clock.advance(1);
  event(json("7"));
  expect(parses).toBe(2);
});

test("no more than the objects that are worked on are remembered, and the oldest goes first", () => {
  for (let number = 0; number < 257; number += 1) answer(json("7", `uid-${number}`), "read");
  event(json("7", "uid-1"));
  expect(parses).toBe(257);
  event(json("7", "uid-0"));
  expect(parses).toBe(258);
});

test("what is no object is parsed, and named as malformed", () => {
  expect(event('"text"')).toBeUndefined();
  expect(event('{"metadata":7}')).toBeUndefined();
});
