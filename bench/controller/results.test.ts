import { expect, test } from "vitest";
import { generatedPart, withGenerated } from "./results.ts";

const environment = {
  command: "npm run bench",
  date: "2026-01-02",
  node: "24.0.0",
  apiServer: "1.36.0",
  etcd: "3.6.0",
  cores: 2,
  processor: "Some CPU",
  load: 0.25,
};
const report = {
  environment,
  scale: 1,
  measured: [{ scenario: "start", figures: [{ name: "size", value: 2, unit: "MB" }] }],
  plots: [{ file: "converge.svg", title: "Keys" }],
};

test("the part says how it was measured, and shows table and plots", () => {
  const part = generatedPart(report);
  expect(part).toContain("| `npm run bench` | 2026-01-02 | 2, Some CPU | 0.3 | 24.0.0 | 1.36.0 | 3.6.0 |");
  expect(part).toContain("| `start` | size | 2 MB | | |");
  expect(part).toContain("![Keys](converge.svg)");
  expect(part).not.toContain("multiplied");
  expect(generatedPart({ ...report, scale: 0.2 })).toContain("multiplied by 0.2");
});

const page = [
  "# Results",
  "<!-- Written by `npm run bench`: begin -->",
  "old",
  "<!-- Written by `npm run bench`: end -->",
  "by hand",
].join("\n");

test("what is written by hand stays, and a second run replaces the first", () => {
  const once = withGenerated(page, "new");
  expect(once).toMatch(/^# Results\n<!--.*begin -->\n\nnew\n\n<!--.*end -->\nby hand$/);
  expect(withGenerated(once, "new")).toBe(once);
});

test("a page without a place for it is refused", () => {
  expect(() => withGenerated("# Results", "new")).toThrow("needs the lines");
  const [head = ""] = page.split("old");
  expect(() => withGenerated(head, "new")).toThrow("needs the lines");
});
