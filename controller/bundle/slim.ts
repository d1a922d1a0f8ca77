import { join } from "node:path";
import type { Plugin } from "esbuild";

/** What `KubeConfig` would make a generated client of. Nothing here asks it for one. */
const NO_GENERATED_CLIENTS = `
const absent = () => { throw new Error("the bundle holds no generated clients of Kubernetes APIs"); };
export const createConfiguration = absent;
export class ServerConfiguration { constructor() { absent(); } }
`;

/**
 * What is used of undici, by its own files: its index loads fetch, WebSockets, caches and mocks as well. As the index does,
 * methods such as `request` are put on the dispatchers.
 */
const UNDICI = `
import Dispatcher from "undici/lib/dispatcher/dispatcher.js";
import api from "undici/lib/api/index.js";
export { default as Agent } from "undici/lib/dispatcher/agent.js";
export { default as Pool } from "undici/lib/dispatcher/pool.js";
export { default as ProxyAgent } from "undici/lib/dispatcher/proxy-agent.js";
export { default as buildConnector } from "undici/lib/core/connect.js";
Object.assign(Dispatcher.prototype, api);
`;

/** HTTP/2 is switched off for all connections: a connection has one request at a time, and a pool many connections. */
const NO_HTTP2 = `module.exports = () => { throw new Error("the bundle holds no HTTP/2"); };`;

const NAMESPACE = "slim";
const CONTENTS: Readonly<Record<string, string>> = {
  undici: UNDICI,
  "HTTP/2": NO_HTTP2,
  "generated clients": NO_GENERATED_CLIENTS,
};

/**
 * Leaves out of the bundle what its dependencies bring along and the controller never runs: of client-node all but the
 * kubeconfig and its authenticators, of undici all but its connections.
 */
export const slim: Plugin = {
  name: NAMESPACE,
  setup(build) {
    // Its own files are looked for from where it was imported.
    build.onResolve({ filter: /^undici$/ }, ({ resolveDir }) => ({
      path: "undici",
      namespace: NAMESPACE,
      pluginData: resolveDir,
    }));
    build.onResolve({ filter: /^\.\/client-h2\.js$/ }, () => ({ path: "HTTP/2", namespace: NAMESPACE }));
    build.onResolve({ filter: /^@kubernetes\/client-node$/ }, async ({ path, kind, resolveDir }) =>
      build.resolve(`${path}/dist/config.js`, { kind, resolveDir }),
    );
    build.onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer }) =>
      importer.endsWith(join("client-node", "dist", "config.js"))
        ? { path: "generated clients", namespace: NAMESPACE }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path, pluginData }) => ({
      contents: CONTENTS[path] ?? "",
      ...(typeof pluginData === "string" && { resolveDir: pluginData }),
    }));
  },
};
