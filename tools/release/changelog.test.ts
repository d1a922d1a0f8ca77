import { expect, test } from "vitest";
import { changelogProblems, nothingUnreleased, releaseChangelog } from "./changelog.ts";

const GOOD = `# Changelog

A text about the format.

## [Unreleased]

### Added

- One thing
  on two lines.

### Fixed

- Another thing.

## [0.2.0] - 2026-11-28

### Security

- A third thing.

## [0.2.0-rc.1] - 2026-11-28

### Added

- The first thing.
`;

test("the format of Keep a Changelog has no problem", () => {
  expect(changelogProblems(GOOD)).toEqual([]);
  expect(changelogProblems(releaseChangelog(GOOD, "0.3.0", "2026-12-01"))).toEqual([]);
});

test.each([
  ["# Changelog\n", "# Changes\n", "the title"],
  ["## [Unreleased]\n", "## [Next]\n", "the first section must be ## [Unreleased]"],
  ["[0.2.0] - 2026-11-28", "[0.2] - 2026-11-28", '"[0.2] - 2026-11-28" is not such as'],
  ["[0.2.0] - 2026-11-28", "[0.2.0] - 28.11.2026", "is not such as"],
  ["[0.2.0] - 2026-11-28", "[0.2.0] - 2026-11-31", "is not such as"],
  ["[0.2.0] -", "[0.1.0] -", "line 22: 0.2.0-rc.1 stands below 0.1.0, and is not older"],
  ["[0.2.0-rc.1] - 2026-11-28", "[0.2.0-rc.1] - 2026-11-29", "has a later day than 0.2.0"],
  ["### Fixed", "### Repaired", '"Repaired" is none of Added'],
  ["### Fixed", "### Added", '"Added" is twice'],
  ["### Added\n\n- One thing\n  on two lines.", "- One thing.", "before the first kind of change"],
  ["- Another thing.", "", '"Fixed" has no entry'],
  ["- Another thing.", "Another thing.", 'begin with "- "'],
  ["### Security\n\n- A third thing.\n", "", "0.2.0 has no entry"],
])("%j as %j is a problem", (from, to, problem) => {
  expect(GOOD).toContain(from);
  expect(changelogProblems(GOOD.replace(from, to)).join("\n")).toContain(problem);
});

test("a release dates what was unreleased, and begins an empty section", () => {
  expect(nothingUnreleased(GOOD)).toBe(false);
  const released = releaseChangelog(GOOD, "0.3.0", "2026-12-01");
  expect(released).toContain("## [Unreleased]\n\n## [0.3.0] - 2026-12-01\n\n### Added\n\n- One thing\n");
  expect(nothingUnreleased(released)).toBe(true);
});
