import { builtinModules } from "node:module";
import type { Plugin } from "esbuild";

const NAMESPACE = "builtin";
const NAMES: ReadonlySet<string> = new Set(builtinModules);

/**
 * Loads Node's own modules by `require`, also where they are imported. An ES import of one reads each of its exports at once,
 * those too that Node makes only when they are asked for: `import "node:http"` loads Node's fetch and WebSocket, 13 MiB and
 * 30 ms that nothing here uses.
 */
export const builtins: Plugin = {
  name: NAMESPACE,
  setup(build) {
    build.onResolve({ filter: /^[\w:/]+$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, "");
      if (kind === "require-call" || !(path.startsWith("node:") || NAMES.has(name))) return undefined;
      return { path: `node:${name}`, namespace: NAMESPACE };
    });
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};
