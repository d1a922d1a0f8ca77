import { expect, test } from "vitest";
import { fill, summaryOf, templateOf, toldBy, type Exchange } from "./template.ts";

const apiKey = (resourceVersion: string): string =>
  JSON.stringify({ kind: "ApiKey", metadata: { name: "key-1", uid: "uid-of-key-1", resourceVersion } });

function exchange(part: Partial<Exchange>): Exchange {
  return { to: "kube", method: "GET", path: "/x/key-1", headers: {}, body: "", answer: "", ...part };
}

const first = { namespace: "recor", name: "key-1", uid: "uid-of-key-1", resourceVersion: "7" };
const other = { namespace: "bench", name: "key-2", uid: "uid-of-key-2", resourceVersion: "12" };

test("a template sends the same for another key: names, UIDs, and the version that was seen last", () => {
  const [read, written] = templateOf(
    [
      exchange({ path: "/ns/recor/key-1", answer: apiKey("8") }),
      exchange({
        method: "PUT",
        path: "/ns/recor/key-1/status",
        body: `{"metadata":{"uid":"uid-of-key-1","resourceVersion":"8"},"seven":7,"eight":8}`,
      }),
    ],
    first,
  );
  expect(fill(read?.path ?? [], other)).toBe("/ns/bench/key-2");
  expect(read?.tells).toEqual(["uid", "resourceVersion"]);
  expect(fill(written?.body ?? [], other)).toBe(
    `{"metadata":{"uid":"uid-of-key-2","resourceVersion":"12"},"seven":7,"eight":8}`,
  );
});

test("the ID of a minted key is a variable from its answer on", () => {
  const [, commit] = templateOf(
    [
      exchange({ to: "management", path: "/v1/api_keys", body: `"key-1"`, answer: `{"id":"ak_1"}` }),
      exchange({ method: "POST", body: `{"keyId":"ak_1"}` }),
    ],
    first,
  );
  expect(fill(commit?.body ?? [], { ...other, keyId: "ak_2" })).toBe(`{"keyId":"ak_2"}`);
  expect(() => fill(commit?.body ?? [], other)).toThrow("keyId");
});

test("what is about other keys, and Events, are left out", () => {
  const exchanges = [
    exchange({ path: "/x/key-9" }),
    exchange({ path: "/ns/recor/events", body: `{"name":"key-1"}` }),
    exchange({ path: "/x/key-1" }),
  ];
  expect(templateOf(exchanges, first)).toHaveLength(1);
});

test("only an ApiKey tells UID and version, and a Secret does not", () => {
  expect(toldBy("kube", apiKey("3"))).toEqual({ uid: "uid-of-key-1", resourceVersion: "3" });
  expect(toldBy("kube", `{"kind":"Secret","metadata":{"uid":"s","resourceVersion":"4"}}`)).toEqual({});
  expect(toldBy("kube", "")).toEqual({});
});

test("a request is summed up without names and query, and a dry run says so", () => {
  const path = "/apis/x/v1/namespaces/recor/apikeys/key-1/status?dryRun=All";
  const [request] = templateOf([exchange({ method: "PUT", path })], first);
  expect(request && summaryOf(request)).toBe("dry run of PUT apikeys/…/status");
});
