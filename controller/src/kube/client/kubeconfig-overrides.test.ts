import { expect, test } from "vitest";
import { overridden } from "./kubeconfig-overrides.ts";

const CONFIG = {
  clusters: [
    { name: "one", server: "https://one", caData: "QQ==", skipTLSVerify: false },
    { name: "two", server: "https://two", skipTLSVerify: false },
  ],
  users: [
    { name: "ann", token: "t-ann" },
    { name: "bob", certFile: "/bob.crt" },
  ],
  contexts: [
    { name: "first", cluster: "one", user: "ann", namespace: "shop" },
    { name: "second", cluster: "two", user: "bob" },
  ],
  currentContext: "first",
};

/** What the resulting context means. */
function effective(overrides: Parameters<typeof overridden>[1], config: typeof CONFIG | undefined = CONFIG) {
  const result = overridden(config, overrides);
  const context = result?.contexts.find(({ name }) => name === result.currentContext);
  const cluster = result?.clusters.find(({ name }) => name === context?.cluster);
  const user = result?.users.find(({ name }) => name === context?.user);
  return { cluster, user, namespace: context?.namespace };
}

test("without flags, the kubeconfig stays as it is", () => {
  expect(overridden(CONFIG, {})).toBe(CONFIG);
  expect(overridden(undefined, { token: undefined })).toBeUndefined();
});

test("a context brings its cluster, user and namespace", () => {
  expect(effective({ context: "second" })).toMatchObject({
    cluster: { server: "https://two" },
    user: { certFile: "/bob.crt" },
    namespace: undefined,
  });
});

test("cluster and user replace those of the current context, and its namespace stays", () => {
  expect(effective({ cluster: "two", user: "bob" })).toMatchObject({
    cluster: { server: "https://two" },
    user: { certFile: "/bob.crt" },
    namespace: "shop",
  });
});

test("a token replaces every other way to be known", () => {
  const { user } = effective({ user: "bob", token: "t" });
  expect(user).toEqual({ name: "flags", token: "t" });
});

test("a server keeps what the cluster trusts, unless a flag says otherwise", () => {
  expect(effective({ server: "https://three/" }).cluster).toMatchObject({
    server: "https://three",
    caData: "QQ==",
  });
  const { cluster } = effective({ certificateAuthority: "/ca.crt" });
  expect(cluster).toMatchObject({ server: "https://one", caFile: "/ca.crt" });
  expect(cluster).not.toHaveProperty("caData");
  const insecure = effective({ insecureSkipTlsVerify: true }).cluster;
  expect(insecure).toMatchObject({ skipTLSVerify: true });
  expect(insecure).not.toHaveProperty("caData");
});

test("a server alone needs no kubeconfig", () => {
  const found = effective({ server: "https://three", token: "t" }, undefined);
  expect(found.cluster).toMatchObject({ server: "https://three" });
  expect(overridden(undefined, { token: "t" })).toBeUndefined();
});

test.each([
  [{ context: "third" }, 'the kubeconfig has no context "third"; it has: first, second'],
  [{ cluster: "third" }, 'the kubeconfig has no cluster "third"; it has: one, two'],
  [{ user: "eve" }, 'the kubeconfig has no user "eve"; it has: ann, bob'],
])("%j names the entries that there are", (overrides, message) => {
  expect(() => overridden(CONFIG, overrides)).toThrow(message);
});

test("an entry of no kubeconfig at all is refused too", () => {
  expect(() => overridden(undefined, { context: "third" })).toThrow("it has none");
});
