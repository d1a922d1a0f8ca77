// Preloaded into every Node process of a test's project: its clock runs ahead by the hours that the environment names.
// oxlint-disable typescript/no-unsafe-member-access -- plain JavaScript, without Node's types
const ahead = Number(process.env.TEST_CLOCK_OFFSET_HOURS ?? "0") * 3_600_000;
const now = Date.now.bind(Date);
Date.now = () => now() + ahead;
