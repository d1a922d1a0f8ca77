import { configDefaults, defineConfig } from "vitest/config";

/**
 * The tests that may notice a mutation: the fast ones. A rule deserves a test of its own, so that random worlds, the
 * explorer and scripted walks do not count.
 */
export default defineConfig({
  test: {
    // as in vitest.config.ts
    testTimeout: 60_000,
    isolate: false,
    include: ["{lifecycle,provider}/src/**/*.test.ts"],
    exclude: [
      ...configDefaults.exclude,
      "{lifecycle,provider}/src/model/**",
      "lifecycle/src/plan/plan.{properties,regressions,sweep}.test.ts",
    ],
  },
});
