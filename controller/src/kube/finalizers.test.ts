import { expect, test } from "vitest";
import {
  addFinalizer,
  addFinalizerPatch,
  hasFinalizer,
  removeFinalizer,
  removeFinalizerPatch,
} from "./finalizers.ts";

const bare: { uid: string; resourceVersion: string; name: string; finalizers?: string[] } = {
  uid: "u",
  resourceVersion: "7",
  name: "x",
};
const held = { ...bare, finalizers: ["other.example.com/a", "example.com/f", "other.example.com/b"] };

test("adding keeps other finalizers and other metadata", () => {
  expect(addFinalizer(bare, "example.com/f")).toEqual({ ...bare, finalizers: ["example.com/f"] });
  expect(addFinalizer({ ...bare, finalizers: ["o/a"] }, "o/b").finalizers).toEqual(["o/a", "o/b"]);
  expect(addFinalizer(held, "example.com/f")).toBe(held);
});

test("removing takes out only the own one", () => {
  expect(removeFinalizer(held, "example.com/f").finalizers).toEqual([
    "other.example.com/a",
    "other.example.com/b",
  ]);
  expect(removeFinalizer(bare, "example.com/f")).toBe(bare);
  expect([hasFinalizer(held, "example.com/f"), hasFinalizer(bare, "example.com/f")]).toEqual([true, false]);
});

test("patches test for the object and the finalizer, and are not made where there is nothing to do", () => {
  expect(addFinalizerPatch(held, "example.com/f")).toBeUndefined();
  expect(removeFinalizerPatch(bare, "example.com/f")).toBeUndefined();
  expect(addFinalizerPatch(bare, "example.com/f")?.at(-1)).toEqual({
    op: "add",
    path: "/metadata/finalizers",
    value: ["example.com/f"],
  });
  expect(removeFinalizerPatch(held, "example.com/f")).toEqual([
    { op: "test", path: "/metadata/uid", value: "u" },
    { op: "replace", path: "/metadata/resourceVersion", value: "7" },
    { op: "test", path: "/metadata/finalizers/1", value: "example.com/f" },
    { op: "remove", path: "/metadata/finalizers/1" },
  ]);
});
