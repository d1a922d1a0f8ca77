import { describe, expect, test } from "vitest";
import { API_KEY_INDEXES } from "../caches.ts";
import { Store } from "../kube/index.ts";
import { NAMESPACES, type Namespace } from "../resources/types.ts";
import { apiKeyDocuments, type ApiKeyDocument } from "./document.ts";
import { ChangedEmergencies } from "./emergencies.ts";
import { objectView, secretClaimedBy, viewOfSecret } from "./views.ts";

const TYPE = apiKeyDocuments({
  allowedTypes: [],
  allowedMetadata: [],
  reservedNamespaces: [],
  seesPods: false,
});

const emergencies = new ChangedEmergencies();

function document(name: string, metadata: object = {}, spec: object = {}): ApiKeyDocument {
  return TYPE.schema.parse({
    apiVersion: "signatureapi.com/v1",
    kind: "ApiKey",
    metadata: { name, namespace: "shop", uid: `uid-${name}`, resourceVersion: "7", ...metadata },
    spec: { mode: "live", ...spec },
  });
}

function namespaces(metadata: object): Store<Namespace> {
  const store = new Store<Namespace>();
  store.set(
    NAMESPACES.schema.parse({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "shop", uid: "n", resourceVersion: "1", ...metadata },
    }),
  );
  return store;
}

describe("the view of an ApiKey", () => {
  test.each([
    ["other.example.com/f", false],
    ["signatureapi.com/revoke", true],
  ])("with the finalizer %s is held: %s", (finalizer, held) => {
    const view = objectView(
      { namespaces: undefined, emergencies },
      document("a", { finalizers: [finalizer] }),
      "live",
    );
    expect(view).toMatchObject({ finalizer: held, deleting: false, read: "live", uid: "uid-a" });
  });

  test("says that it is deleted", () => {
    const deleted = document("a", { deletionTimestamp: "2026-11-25T12:00:00Z" });
    expect(objectView({ namespaces: undefined, emergencies }, deleted, "cached")).toMatchObject({
      deleting: true,
      finalizer: false,
      generation: 0,
    });
  });

  test.each([
    ["lives", namespaces({}), false],
    ["is torn down", namespaces({ deletionTimestamp: "2026-11-25T12:00:00Z" }), true],
    ["is not known", new Store<Namespace>(), false],
    ["cannot be seen", undefined, false],
  ])("says whether its namespace ends: one that %s", (_name, store, terminating) => {
    const view = objectView({ namespaces: store, emergencies }, document("a"), "cached");
    expect(view.namespaceTerminating).toBe(terminating);
  });

  test("has the emergency that was written, where the API server keeps another text", () => {
    const changed = new ChangedEmergencies();
    changed.note("uid-a", "leaked", undefined);
    const env = { namespaces: undefined, emergencies: changed };
    expect(objectView(env, document("a"), "live").status.emergency).toBe("leaked");
    expect(objectView(env, document("b"), "live").status).toEqual(document("b").record);
  });

  test("shows a Secret that is not there as absent", () => {
    expect(viewOfSecret(document("a"), undefined, "live")).toEqual({ state: "absent", read: "live" });
  });
});

function claimed(asking: ApiKeyDocument, ...others: readonly ApiKeyDocument[]): string | undefined {
  const apiKeys = new Store<ApiKeyDocument>(API_KEY_INDEXES);
  for (const other of [asking, ...others]) apiKeys.set(other);
  return secretClaimedBy({ apiKeys }, asking);
}

describe("a Secret that two ApiKeys name", () => {
  const early = { creationTimestamp: "2026-11-25T12:00:00Z" };
  const late = { creationTimestamp: "2026-11-25T12:00:01Z" };
  const shared = { secret: { name: "shared" } };

  test("belongs to the older one", () => {
    expect(claimed(document("a", late, shared), document("b", early, shared))).toBe("b");
    expect(claimed(document("a", early, shared), document("b", late, shared))).toBeUndefined();
  });

  test("belongs to the first by name where they were made in one second", () => {
    expect(claimed(document("b", early, shared), document("a", early, shared))).toBe("a");
    expect(claimed(document("a", early, shared), document("b", early, shared))).toBeUndefined();
  });

  test("is none where their names differ, or the namespace", () => {
    expect(claimed(document("b", late), document("a", early))).toBeUndefined();
    const elsewhere = document("a", { ...early, namespace: "other" }, shared);
    expect(claimed(document("b", late, shared), elsewhere)).toBeUndefined();
  });
});
