import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { REASONS } from "@signatureapi-keys/lifecycle";
import { describe, expect, test } from "vitest";
import { CHART, chartFile } from "../chart/helm.ts";
import { ALERT_CASES, type Input } from "./alert-cases.ts";
import { alertsIn } from "./alert-rules.ts";
import { promtool } from "./promtool.ts";

const RULES = join(CHART, "files/alerts.yaml");
const RUNBOOKS = fileURLToPath(new URL("../../docs/runbooks/", import.meta.url));

/** In minutes. */
const HOUR = 60;

const rules = alertsIn(await chartFile("files/alerts.yaml"));
const names = rules.map(({ alert }) => alert);

/** Series in promtool's format. */
function seriesOf(input: Input): readonly object[] {
  return Object.entries(input).map(([series, values]) => ({ series, values }));
}

const firing = (alert: string): string => `ALERTS{alertname="${alert}",alertstate="firing"}`;

/** A query in promtool's format that finds no alert that has fired until then. */
function noneUntil(alert: string, minutes: number): object {
  return { expr: `count_over_time(${firing(alert)}[1d])`, eval_time: `${minutes}m`, exp_samples: [] };
}

/** A query in promtool's format that finds the alert with these labels, and with no others. */
function firesAt(alert: string, minutes: number, labels: Readonly<Record<string, string>>): object {
  const all = Object.entries({ alertname: alert, alertstate: "firing", ...labels });
  const text = all.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(",");
  const samples = [{ labels: `ALERTS{${text}}`, value: 1 }];
  return { expr: firing(alert), eval_time: `${minutes}m`, exp_samples: samples };
}

/** A test in promtool's format. */
function promtoolTest(name: string, input: Input, queries: readonly object[]): object {
  return { name, interval: "1m", input_series: seriesOf(input), promql_expr_test: queries };
}

/** What promtool answers to these tests of the rules. */
async function judged(
  tests: readonly object[],
): Promise<{ readonly code: number | null; readonly text: string }> {
  const content = { rule_files: [RULES], evaluation_interval: "1m", tests };
  const { code, stdout, stderr } = await promtool(["test", "rules"], content);
  return { code, text: stdout + stderr };
}

describe.each(rules)("$alert", ({ alert, labels: { severity }, annotations }) => {
  const cases = ALERT_CASES[alert];

  test("fires when it should, and not when something similar happens", async () => {
    if (cases === undefined) throw new Error(`alert-cases.ts has no tests of ${alert}`);
    const { fires, silent } = cases;
    const labels = { severity, ...fires.labels };
    const tests = [
      promtoolTest("fires", fires.input, [
        noneUntil(alert, fires.after - 1),
        firesAt(alert, fires.after, labels),
      ]),
      ...silent.map(({ when, input, minutes = HOUR }) =>
        promtoolTest(`is silent when ${when}`, input, [noneUntil(alert, minutes)]),
      ),
    ];
    expect(silent.length).toBeGreaterThan(0);
    const { code, text } = await judged(tests);
    expect(text).toContain("SUCCESS");
    expect(code).toBe(0);
  });

  test("says in its text what it is about", async () => {
    if (cases === undefined) throw new Error(`alert-cases.ts has no tests of ${alert}`);
    const { input, after, labels } = cases.fires;
    // What promtool does not expect, it prints as it fired.
    const unexpected = { eval_time: `${after}m`, alertname: alert, exp_alerts: [] };
    const { code, text } = await judged([
      { interval: "1m", input_series: seriesOf(input), alert_rule_test: [unexpected] },
    ]);
    expect(code).not.toBe(0);
    const description = /description="([^"]*)"/.exec(text)?.[1] ?? "";
    expect(description).toMatch(/^[A-Z0-9].*\.$/);
    expect(description).not.toMatch(/error expanding|no value|NaN/);
    const used = Object.entries(labels).filter(([label]) =>
      annotations.description.includes(`$labels.${label}`),
    );
    for (const [, value] of used) expect(description).toContain(value);
  });

  test("names in its text only labels that it has", () => {
    const texts = `${annotations.summary} ${annotations.description}`;
    const named = [...texts.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
    // A ClusterAccount has no namespace.
    const known = new Set([...Object.keys(cases?.fires.labels ?? {}), "namespace"]);
    expect(named.filter((label) => label !== undefined && !known.has(label))).toEqual([]);
  });

  test("has a runbook of its name", () => {
    expect(annotations.runbook_url).toBe(`docs/runbooks/${alert}.md`);
  });
});

test("each reason that a rule names is one of ours", () => {
  const patterns = rules.flatMap(({ expr }) =>
    [...expr.matchAll(/reason=~?"([^"]+)"/g)].flatMap(([, alternatives = ""]) => alternatives.split("|")),
  );
  expect(patterns.length).toBeGreaterThan(8);
  const known = Object.keys(REASONS);
  const unknown = patterns.filter(
    (pattern) => !known.some((reason) => new RegExp(`^${pattern}$`).test(reason)),
  );
  expect(unknown).toEqual([]);
});

test("promtool accepts the rules", async () => {
  const { code, stdout, stderr } = await promtool(["check", "rules"], {
    groups: [{ name: "alerts", rules }],
  });
  expect(stderr).toBe("");
  expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
  expect(code).toBe(0);
});

test("each alert has a name of ours and a page, each page has its alert, and the index lists them all", async () => {
  expect(names.filter((name) => !/^SignatureApi[A-Z]\w+$/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(ALERT_CASES).toSorted()).toEqual(names.toSorted());
  const pages = (await readdir(RUNBOOKS)).filter((file) => file !== "README.md");
  expect(pages.toSorted()).toEqual(names.map((name) => `${name}.md`).toSorted());
  const index = await readFile(join(RUNBOOKS, "README.md"), "utf8");
  const rows = rules.map(
    ({ alert, labels, annotations: { summary } }) =>
      `| [${alert}](${alert}.md) | ${labels.severity} | ${summary} |`,
  );
  expect(index.split("\n").filter((line) => line.startsWith("| ["))).toEqual(rows);
  for (const page of pages) {
    const headings = (await readFile(join(RUNBOOKS, page), "utf8")).match(/^#+ .*/gm);
    expect(headings).toEqual([
      `# ${page.replace(".md", "")}`,
      "## What it means",
      "## Look",
      "## Do",
      "## When you may ignore it",
    ]);
  }
});
