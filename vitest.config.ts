import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

const PULUMI_TESTS = "test/pulumi/**/*.test.ts";
const CLUSTER_TESTS = "**/*.cluster.test.ts";
// What crosses rooms, and needs no Kubernetes.
const PURE_TESTS = [
  "test/chaos/**/!(chaos|mutants).test.ts",
  "test/cli/package/*.test.ts",
  "test/docs/checks/*.test.ts",
  "test/emulator/*.test.ts",
  "test/examples/!(kubernetes|ci).test.ts",
  "test/explore/**/*.test.ts",
  "test/mutants/*.test.ts",
  "test/image/*.test.ts",
  "test/network/*.test.ts",
  "test/release/*.test.ts",
];

export default defineConfig({
  test: {
    // Most tests of clusters wait most of the time. On two cores, vitest would run one file at a time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        // what needs nothing but this repository
        test: {
          name: "unit",
          // Generous: a machine that also builds binaries is slow, and what is tested here has no clock of its own.
          testTimeout: 60_000,
          include: [
            "{management-api,lifecycle,controller,provider,cli}/src/**/*.test.ts",
            "{bench,tools}/**/*.test.ts",
            ...PURE_TESTS,
          ],
          exclude: [...configDefaults.exclude, CLUSTER_TESTS],
        },
      },
      {
        // what needs real Kubernetes binaries; its cluster starts only when one of these tests is selected
        test: {
          name: "cluster",
          include: ["test/**/*.test.ts", `{controller/src,tools}/${CLUSTER_TESTS}`],
          exclude: [...configDefaults.exclude, ...PURE_TESTS, PULUMI_TESTS],
          globalSetup: ["test/cluster/vitest-global-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // what needs the real Pulumi engine, and no cluster
        test: {
          name: "pulumi",
          include: [PULUMI_TESTS],
          globalSetup: ["test/pulumi/vitest-global-setup.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
