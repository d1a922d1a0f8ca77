import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { CHECK_HELP } from "../../../controller/src/check/check-options.ts";
import { helpText } from "../../../controller/src/options.ts";
import { callsOf } from "../command-lines.ts";
import { markdownFiles, type MarkdownFile } from "../markdown.ts";
import { crdFields } from "./crd-fields.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What was true once: changes and decisions keep the names of their day. */
const HISTORY = /^CHANGELOG\.md$|^docs\/adr\//;

/** Names of other programs that a page may use, each with its owner. */
const FOREIGN_FLAGS: Readonly<Record<string, string>> = {
  "--take-ownership": "helm",
  "--reset-then-reuse-values": "helm",
  "--set-string": "helm",
  "--cascade": "helm",
  "--wait": "helm",
  "--force-conflicts": "kubectl, Flux",
  "--diff": "pulumi",
  "--json": "pulumi, and the emulator",
  "--debug": "pulumi",
  "--show-secrets": "pulumi",
  "--logtostderr": "pulumi",
  "--refresh": "pulumi",
  "--target": "pulumi",
  "--plan": "pulumi",
  "--replace": "pulumi",
  "--run-program": "pulumi",
  "--clear-pending-creates": "pulumi",
  "--is-": "Reloader",
  "--max-old-space-size": "node",
  "--mutate": "stryker",
  "--build-arg": "docker",
};

const pages = markdownFiles().filter(({ path }) => !HISTORY.test(path));

/** The places where a code that a rule takes for a name of ours is not one: `page: code`. */
function unknown(
  find: (code: string) => readonly string[],
  isKnown: (name: string, page: MarkdownFile) => boolean,
): readonly string[] {
  return pages.flatMap((page) =>
    page
      .inlineCodes()
      .flatMap(find)
      .filter((name) => !isKnown(name, page))
      .map((name) => `${page.path}: ${name}`),
  );
}

/** How many names a rule finds at all: a rule that finds none proves nothing. */
function found(find: (code: string) => readonly string[]): number {
  return pages.flatMap((page) => page.inlineCodes()).flatMap(find).length;
}

function sourceText(pattern: string): string {
  return globSync(pattern, { cwd: ROOT, exclude: (name) => name === "node_modules" || name === "dist" })
    .filter((file) => !/\.test\.ts$|\/testing\//.test(file))
    .map((file) => readFileSync(join(ROOT, file), "utf8"))
    .join("\n");
}

/** Finds the name that the first group of a pattern matches in a code. */
function finding(pattern: RegExp): (code: string) => readonly string[] {
  return (code) => {
    const [, name] = pattern.exec(code) ?? [];
    return name === undefined ? [] : [name];
  };
}

const flagsIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([flag]) => flag);

/** The flags in a code that is no command of another program. */
function flagsOfOurs(code: string): readonly string[] {
  return /^(kubectl|helm|pulumi|docker|gh|npm|curl|openssl|git) /.test(code) ? [] : flagsIn(code);
}

describe("a name in the documentation is one of the product:", () => {
  const ours = new Set([
    ...flagsIn(helpText()),
    ...flagsIn(CHECK_HELP),
    ...flagsIn(sourceText("{management-api,provider,cli}/src/**/*.ts")),
    ...flagsIn(sourceText("{bench,tools,test/[!d]*}/**/*.ts")),
    ...flagsIn(sourceText("test/demo/*.ts")),
  ]);

  test("flags of a script, in a block", () => {
    const calls = callsOf("npm").filter(({ words }) => words.includes("--"));
    expect(calls.length).toBeGreaterThan(2);
    const named = calls.flatMap(({ page, words }) =>
      flagsIn(words.slice(words.indexOf("--") + 1).join(" ")).map((flag) => ({ page, flag })),
    );
    expect(named.filter(({ flag }) => !ours.has(flag))).toEqual([]);
  });

  test("flags", () => {
    expect(found(flagsOfOurs)).toBeGreaterThan(100);
    expect(unknown(flagsOfOurs, (flag) => ours.has(flag) || flag in FOREIGN_FLAGS)).toEqual([]);
  });

  test("fields of spec and status", () => {
    const fields = new Set(["apikeys", "accounts", "clusteraccounts"].flatMap((plural) => crdFields(plural)));
    const find = finding(/^((?:spec|status)(?:\.[A-Za-z]+(?:\[\])?)+)(?:$|: | )/);
    expect(found(find)).toBeGreaterThan(100);
    expect(unknown(find, (path) => fields.has(path))).toEqual([]);
  });

  test("values of the chart", () => {
    const values: unknown = parse(
      readFileSync(join(ROOT, "charts/signatureapi-controller/values.yaml"), "utf8"),
    );
    const group = z.record(z.string(), z.unknown());
    const top = group.parse(values);
    const isValue = (path: string): boolean => {
      let inside: unknown = values;
      for (const part of path.split(".")) {
        const { data } = group.safeParse(inside);
        // What an empty map or list takes, the schema says.
        if (data === undefined || Object.keys(data).length === 0)
          return Array.isArray(inside) || data !== undefined;
        if (!(part in data)) return false;
        inside = data[part];
      }
      return true;
    };
    const find = (code: string): readonly string[] => {
      const [, path = ""] = /^([a-z][A-Za-z]+(?:\.[a-z][A-Za-z]+)+)(?:$|: )/.exec(code) ?? [];
      const [first = ""] = path.split(".");
      return first in top && z.record(z.string(), z.unknown()).safeParse(top[first]).success ? [path] : [];
    };
    expect(found(find)).toBeGreaterThan(50);
    expect(unknown(find, isValue)).toEqual([]);
  });

  test("labels and annotations", () => {
    const source = sourceText("{controller,lifecycle}/src/**/*.ts");
    const find = finding(/^((?:[a-z]+\.)?signatureapi\.com\/[a-z-]+)(?:$|: |=)/);
    expect(found(find)).toBeGreaterThan(20);
    const isKnown = (name: string): boolean =>
      source.includes(name) ||
      source.includes(`}/${name.split("/")[1]}\``) ||
      // Named by the reader: the prefix is ours, the rest is an ApiKey or a namespace's own label.
      name.startsWith("restart.signatureapi.com/") ||
      name === "signatureapi.com/live" ||
      name === "signatureapi.com/v1";
    expect(unknown(find, isKnown)).toEqual([]);
  });

  test("metrics", () => {
    const source = sourceText("controller/src/**/*.ts");
    const find = finding(/^(signatureapi_[a-z_]+)(?:$|\{)/);
    expect(found(find)).toBeGreaterThan(20);
    expect(unknown(find, (name) => source.includes(`"${name}"`) || source.includes(`\`${name}\``))).toEqual(
      [],
    );
  });

  test("scripts of npm", () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
    const named = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/npm run (?:--silent )?([a-z][a-z:]*)/g)].map(([, name = ""]) => ({ path, name })),
    );
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter(({ name }) => !(name in scripts))).toEqual([]);
  });

  test("files and folders of the repository", () => {
    const rooms = "bench|charts|cli|controller|docs|examples|lifecycle|management-api|provider|test|tools";
    const path = new RegExp(`^(?:${rooms})/[\\w@./-]+$`);
    const find = (code: string): readonly string[] => (path.test(code) ? [code] : []);
    expect(found(find)).toBeGreaterThan(100);
    // Written by a build, or by a test run.
    const made = /\/dist(\/|$)/;
    const isThere = (name: string, page: MarkdownFile): boolean =>
      made.test(name) ||
      existsSync(join(ROOT, name)) ||
      existsSync(resolve(ROOT, dirname(page.path), name)) ||
      existsSync(join(ROOT, "controller/src", name)) ||
      existsSync(join(ROOT, "lifecycle/src", name));
    expect(unknown(find, isThere)).toEqual([]);
  });
});
