import { expect, test } from "vitest";
import { addFinalizerPatch, hasFinalizer, removeFinalizerPatch } from "./finalizers.ts";

const bare: { uid: string; resourceVersion: string; name: string; finalizers?: string[] } = {
  uid: "u",
  resourceVersion: "7",
  name: "x",
};
const held = { ...bare, finalizers: ["other.example.com/a", "example.com/f", "other.example.com/b"] };

test("adding keeps other finalizers, in their order", () => {
  expect(addFinalizerPatch(bare, "example.com/f")?.metadata.finalizers).toEqual(["example.com/f"]);
  expect(addFinalizerPatch({ ...bare, finalizers: ["o/a"] }, "o/b")?.metadata.finalizers).toEqual([
    "o/a",
    "o/b",
  ]);
});

test("removing takes out only the own one", () => {
  expect(removeFinalizerPatch(held, "example.com/f")?.metadata.finalizers).toEqual([
    "other.example.com/a",
    "other.example.com/b",
  ]);
  expect(
    removeFinalizerPatch({ ...bare, finalizers: ["example.com/f"] }, "example.com/f")?.metadata.finalizers,
  ).toEqual([]);
  expect([hasFinalizer(held, "example.com/f"), hasFinalizer(bare, "example.com/f")]).toEqual([true, false]);
});

test("a patch is guarded by the object that was read, and changes nothing else of it", () => {
  expect(removeFinalizerPatch(held, "example.com/f")).toEqual({
    metadata: {
      uid: "u",
      resourceVersion: "7",
      finalizers: ["other.example.com/a", "other.example.com/b"],
    },
  });
});

test("no patch is made where there is nothing to do", () => {
  expect(addFinalizerPatch(held, "example.com/f")).toBeUndefined();
  expect(removeFinalizerPatch(bare, "example.com/f")).toBeUndefined();
});
