import { describe, expect, it } from "vitest";
import { podFacts, secretUsers, type Pod } from "./pods.ts";

const metadata = { name: "app", uid: "1", resourceVersion: "1", creationTimestamp: "2026-11-25T12:00:00Z" };
const pod = (spec: Pod["spec"], status: Pod["status"] = { phase: "Running" }): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata,
  spec,
  status,
});
const users = (one: Pod): readonly string[] => secretUsers([podFacts(one)], "keys").map(({ name }) => name);

const env = [{ valueFrom: { secretKeyRef: { name: "keys" } } }];
const envFrom = [{ secretRef: { name: "keys" } }];
const container = { envFrom };

describe("a Pod uses a Secret", () => {
  it.each<[string, Pod["spec"]]>([
    ["by a variable", { containers: [{}, { env }] }],
    ["by all variables", { containers: [container] }],
    ["in an init container", { initContainers: [container] }],
    ["in an ephemeral container", { ephemeralContainers: [{ env }] }],
    ["by a volume", { volumes: [{ secret: { secretName: "keys" } }] }],
    ["by a projected volume", { volumes: [{ projected: { sources: [{}, { secret: { name: "keys" } }] } }] }],
  ])("%s", (_how, spec) => expect(users(pod(spec))).toEqual(["app"]));

  it("or another one, or none", () => {
    const other = { envFrom: [{ secretRef: { name: "other" } }, {}], env: [{}] };
    expect(users(pod({ containers: [other], volumes: [{}, { projected: { sources: null } }] }))).toEqual([]);
    expect(users(pod(undefined))).toEqual([]);
  });

  it.each<[string, Pod["status"], readonly string[]]>([
    ["while it runs", { phase: "Running" }, ["app"]],
    ["while nobody knows how it is", { phase: "Unknown" }, ["app"]],
    ["no more when it has ended", { phase: "Succeeded" }, []],
    ["no more when it has failed", { phase: "Failed" }, []],
    ["not before it has begun", { phase: "Pending", containerStatuses: [{ state: {} }] }, []],
    ["not before its status says anything", {}, []],
    [
      "as soon as an init container runs",
      { phase: "Pending", initContainerStatuses: [{ state: { running: {} } }] },
      ["app"],
    ],
    [
      "when a container has run",
      { phase: "Pending", containerStatuses: [{ lastState: { terminated: {} } }] },
      ["app"],
    ],
  ])("%s", (_when, status, expected) => {
    expect(users(pod({ containers: [container] }, status))).toEqual(expected);
  });

  it("of a certain age, of which its environment is not kept", () => {
    const facts = podFacts(pod({ containers: [{ ...container, command: ["--password=x"] }] }));
    expect(secretUsers([facts], "keys")).toEqual([{ name: "app", createdAt: Date.UTC(2026, 10, 25, 12) }]);
    expect(JSON.stringify(facts)).not.toContain("password");
  });
});
