import { expect, test } from "vitest";
import type { Secret } from "../resources/types.ts";
import { alterationProblem } from "./alterations.ts";

const ASKED = {
  metadata: { name: "app", labels: { ours: "a", tier: "b" }, annotations: { note: "c" } },
  data: { KEY: "c2VjcmV0" },
};

function stored(labels: Record<string, string>, note = "c", key = "c2VjcmV0"): Secret {
  const metadata = { name: "app", uid: "u", resourceVersion: "1", labels, annotations: { note, added: "x" } };
  return { apiVersion: "v1", kind: "Secret", metadata, data: { KEY: key, added: "eA==" } };
}

test("a Secret that is stored as asked for, with what others add, is no problem", () => {
  expect(alterationProblem(ASKED, stored({ ours: "a", tier: "b", added: "x" }))).toBeUndefined();
});

test("what a policy changes or removes is named, and no value of an entry or annotation is", () => {
  const problem = alterationProblem(ASKED, stored({ ours: "platform" }, "edited", "b3RoZXI="));
  expect(problem).toMatchObject({ reason: "SecretAltered", transient: false });
  expect(problem?.message).toContain(
    "Secret app as it is written: label ours (now platform), label tier (removed), annotation note, entry KEY. Exempt",
  );
  expect(problem?.message).not.toMatch(/edited|b3RoZXI|c2VjcmV0/);
});
