import { expect, test } from "vitest";
import { apiKeyDocuments } from "../apikey/document.ts";
import { liveOwners } from "./records.ts";

const apiKeyType = apiKeyDocuments({
  allowedTypes: [],
  allowedMetadata: [],
  reservedNamespaces: [],
  seesPods: false,
});

test("an ApiKey that cannot be read is named, and never taken for one that is gone", async () => {
  const unread = { key: "shop/huge", resourceVersion: "5", problem: "it is too large" };
  const listAll = async () => ({ items: [], malformed: [unread], resourceVersion: "9" });
  const env = { namespaces: undefined, apiKey: { kube: { listAll }, apiKeyType } };
  await expect(liveOwners(env)).rejects.toThrow(
    /ApiKey shop\/huge cannot be read \(it is too large\).*correct/u,
  );
});
