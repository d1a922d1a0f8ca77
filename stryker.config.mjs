/**
 * Mutation testing: changes the code piece by piece, and asks whether a fast test notices.
 * `npm run mutants -- --mutate lifecycle/src/tag.ts` does so for one file.
 */
export default {
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutants.config.ts" },
  coverageAnalysis: "perTest",
  mutate: [
    "lifecycle/src/**/*.ts",
    "provider/src/{dynamic,program}/**/*.ts",
    "!**/*.test.ts",
    "!**/testing/**",
    "!**/index.ts",
    // the model of the world that tests run in
    "!lifecycle/src/model/**",
    // data: texts of the documentation
    "!lifecycle/src/reasons.ts",
  ],
  // The texts of messages are data. A string that decides something is compared with others, and those comparisons are
  // mutated.
  mutator: { excludedMutations: ["StringLiteral"] },
  // The copy that is mutated needs the code and its configuration, and nothing else.
  ignorePatterns: ["**", "!package.json", "!tsconfig*.json", "!vitest.mutants.config.ts", ...packages()],
  concurrency: 2,
  // a machine that is busy with other things is no mutant that hangs
  timeoutMS: 10_000,
  reporters: ["clear-text", "progress", "html", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: "reports/mutants/index.html" },
  jsonReporter: { fileName: "reports/mutants/mutants.json" },
  allowEmpty: true,
};

function packages() {
  return ["lifecycle", "management-api", "provider"].map((name) => `!${name}/**`);
}
