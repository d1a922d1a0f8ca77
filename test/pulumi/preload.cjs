// Preloaded into every Node process of a test's project. Its clock runs ahead by the hours that the environment names, and a
// host of dynamic providers leaves its process ID, so that a test can kill it.
// oxlint-disable typescript/no-unsafe-member-access, typescript/no-unsafe-call, typescript/no-unsafe-assignment, typescript/no-unsafe-argument -- plain JavaScript, without Node's types
const { writeFileSync } = require("node:fs");

const ahead = Number(process.env.TEST_CLOCK_OFFSET_HOURS ?? "0") * 3_600_000;
const now = Date.now.bind(Date);
Date.now = () => now() + ahead;

if (process.argv[1]?.includes("dynamic-provider")) {
  writeFileSync(`${process.env.TEST_PROVIDERS}/${process.pid}`, "");
}
