import { defineConfig } from "vitest/config";

/**
 * The walk through an upgrade and a rollback with the controllers of both versions. It builds the older one from the
 * history of this repository, so `npm test`, which may run in a shallow clone, has the recorded objects instead.
 */
export default defineConfig({
  test: {
    include: ["test/upgrade/live.ts"],
    globalSetup: ["test/cluster/vitest-global-setup.ts"],
    testTimeout: 900_000,
    hookTimeout: 60_000,
  },
});
