import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { CHECK_HELP } from "../../../controller/src/check/check-options.ts";
import { helpText } from "../../../controller/src/options.ts";
import { partAt } from "./crd-fields.ts";
import { fileText, numberIn } from "./sources.ts";

/** The cells of a line of a table. */
const cells = (line: string): readonly string[] =>
  line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

/** The rows of the tables of a page whose head begins with some names, as cells. */
function rows(page: string, ...head: readonly string[]): readonly (readonly string[])[] {
  const tables = fileText(page).matchAll(/(?:^\|.*\|\n)+/gm);
  return [...tables].flatMap(([table]) => {
    const [first = [], , ...rest] = table
      .trim()
      .split("\n")
      .map((line) => cells(line));
    return head.every((name, index) => first[index] === name) ? rest : [];
  });
}

const codes = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]*)`/g)].map(([, code = ""]) => code);

/** The default of each flag that has one, as a help says it. */
const flagDefaults = (help: string): ReadonlyMap<string, string> =>
  new Map(
    [...help.matchAll(/^ {2}--([a-z-]+).*\n.*?(?: Default: (.+)\.)?$/gm)].flatMap(([, flag = "", value]) =>
      value === undefined ? [] : [[flag, value] as const],
    ),
  );

/** The name of the value of the chart that sets a flag. */
const camel = (flag: string): string =>
  flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** What the column of defaults says of a field for which the CRD has none. */
const NO_DEFAULT = /^(|none|required|the ApiKey's name|`<namespace>\/<name>`|`1h`)$/;

describe("the defaults that a page states are those of the source:", () => {
  test("flags of the controller", () => {
    const defaults = flagDefaults(helpText());
    expect(defaults.size).toBeGreaterThan(12);
    const stated = rows("docs/flags.md", "Flag", "Default").map(([flag = "", value = ""]) => ({
      flag: /--([a-z-]+)/.exec(flag)?.[1] ?? "",
      value,
    }));
    expect(stated.length).toBeGreaterThan(20);
    const wrong = stated.filter(({ flag, value }) => {
      const fallback = defaults.get(flag);
      return fallback !== undefined && codes(value)[0] !== fallback;
    });
    expect(wrong).toEqual([]);
    const undeclared = stated.filter(
      ({ flag, value }) => !defaults.has(flag) && value !== "" && value === `\`${codes(value).join("")}\``,
    );
    expect(undeclared).toEqual([]);
  });

  test("flags of the check", () => {
    const page = fileText("docs/flags.md");
    const defaults = flagDefaults(CHECK_HELP);
    expect(defaults.size).toBe(3);
    for (const [flag, value] of defaults)
      expect(page).toMatch(new RegExp(`^- \`--${flag} (?:(?!\n-)[\\s\\S])*by default\\s+\`${value}\``, "m"));
  });

  test("values of the chart that set a flag have the flag's default", () => {
    const values = z
      .object({ mintBudget: z.object({ namespace: z.number(), account: z.number() }) })
      .catchall(z.unknown())
      .parse(parse(fileText("charts/signatureapi-controller/values.yaml")));
    const defaults = flagDefaults(helpText());
    const compared = [...defaults].filter(([flag]) => camel(flag) in values && flag !== "leader-elect");
    expect(compared.length).toBeGreaterThan(8);
    for (const [flag, value] of compared) {
      const own = values[camel(flag)];
      expect({ flag, value: Array.isArray(own) ? own.join(",") : String(own) }).toEqual({ flag, value });
    }
    expect(String(values.mintBudget.namespace)).toBe(defaults.get("namespace-mint-budget"));
    expect(String(values.mintBudget.account)).toBe(defaults.get("account-mint-budget"));
  });

  test.each([
    ["docs/apikey.md", ["apikeys"], 17],
    ["docs/account.md", ["accounts", "clusteraccounts"], 13],
  ] as const)("fields in %s", (page, plurals, most) => {
    const stated = rows(page, "Field", "Default").flatMap(([fields = "", value = ""]) => {
      const paths = codes(fields);
      const each = value.split(/,\s*(?=none|`)/);
      return paths.map((path, index) => ({
        path,
        value: (each.length === paths.length ? each[index] : value) ?? "",
      }));
    });
    expect(stated.length).toBeGreaterThanOrEqual(most);
    for (const { path, value } of stated) {
      const parts = plurals.flatMap((plural) => partAt(plural, path) ?? []);
      expect(parts.length, path).toBeGreaterThan(0);
      for (const part of parts) {
        const [code] = codes(value);
        // A boolean that is left out is false. The other defaults are not in the CRD, but in the code.
        const otherwise = part.type === "boolean" ? /^`false`$/ : NO_DEFAULT;
        if (part.default === undefined) expect(value, path).toMatch(otherwise);
        else expect(code, path).toBe(part.default?.toString());
      }
    }
    const required = stated.filter(({ value }) => value === "required").map(({ path }) => path);
    for (const path of required) {
      const [group, name = ""] = [path.slice(0, path.lastIndexOf(".")), path.split(".").at(-1)];
      const groups = plurals.flatMap((plural) => partAt(plural, group) ?? []);
      expect(
        groups.every((schema) => schema.required?.includes(name)),
        path,
      ).toBe(true);
    }
  });

  test("arguments and configuration of the Pulumi provider", () => {
    const page = fileText("docs/pulumi.md");
    const overlap = rows("docs/pulumi.md", "Argument", "Default").find(
      ([name]) => name === "`rotation.overlap`",
    );
    expect(overlap?.[1]).toBe("`1h`");
    expect(fileText("provider/src/dynamic/schedule.ts")).toContain("const DEFAULT_OVERLAP_MS = HOUR;");
    const most = numberIn("provider/src/dynamic/config.ts", "MOST_REQUESTS_PER_SECOND");
    expect(page).toContain(`from 0.1 to ${most}, default 10.`);
  });
});
