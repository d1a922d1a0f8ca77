import { expect, test } from "vitest";
import { kubeObjectSchema } from "./object-meta.ts";
import {
  apiVersionOf,
  collectionPath,
  keyOf,
  objectPath,
  parseKey,
  type ResourceType,
} from "./resource-type.ts";

const secrets: ResourceType = {
  group: "",
  version: "v1",
  plural: "secrets",
  kind: "Secret",
  namespaced: true,
  schema: kubeObjectSchema,
};
const widgets: ResourceType = {
  ...secrets,
  group: "example.com",
  plural: "widgets",
  kind: "Widget",
  namespaced: false,
};

test("paths of core and other groups, of collections, objects and subresources", () => {
  expect(collectionPath(secrets)).toBe("/api/v1/secrets");
  expect(collectionPath(secrets, "shop")).toBe("/api/v1/namespaces/shop/secrets");
  expect(objectPath(secrets, { namespace: "shop", name: "a.b" })).toBe("/api/v1/namespaces/shop/secrets/a.b");
  expect(objectPath(widgets, { name: "w" }, "status")).toBe("/apis/example.com/v1/widgets/w/status");
  expect([apiVersionOf(secrets), apiVersionOf(widgets)]).toEqual(["v1", "example.com/v1"]);
});

test.each([
  [secrets, { name: "x" }],
  [secrets, { namespace: "shop", name: "" }],
  [secrets, { namespace: "", name: "x" }],
  [secrets, { namespace: "..", name: "x" }],
  [widgets, { namespace: "shop", name: "x" }],
])("a reference that would name something else than an object is refused", (type, ref) => {
  expect(() => objectPath(type, ref)).toThrow(TypeError);
});

test("a slash in a name does not change the path", () => {
  expect(objectPath(secrets, { namespace: "a/b", name: "c/d" })).toBe(
    "/api/v1/namespaces/a%2Fb/secrets/c%2Fd",
  );
});

test("keys name objects, and are read back", () => {
  expect(keyOf({ metadata: { name: "x", namespace: "a" } })).toBe("a/x");
  expect(keyOf({ metadata: { name: "x" } })).toBe("x");
  expect([parseKey("a/x"), parseKey("x")]).toEqual([{ namespace: "a", name: "x" }, { name: "x" }]);
});
