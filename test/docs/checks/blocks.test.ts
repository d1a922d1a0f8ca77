import { readContractMapping } from "@signatureapi-keys/management-api/mapping";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import * as z from "zod";
import { run } from "../../../tools/binaries/run.ts";
import { markdownFiles } from "../markdown.ts";
import { fileText } from "./sources.ts";

interface Fence {
  readonly where: string;
  readonly language: string;
  readonly text: string;
}

const fences: readonly Fence[] = markdownFiles().flatMap(({ path, text }) =>
  [...text.matchAll(/^( *)```([^\n`]*)\n([\s\S]*?)^ *```$/gm)].map(
    ([, indent = "", language = "", code = ""], i) => ({
      where: `${path}, block ${i + 1}`,
      language: language.trim(),
      text: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }),
  ),
);

const objectSchema = z.looseObject({ apiVersion: z.string(), kind: z.string() });

const of = (...languages: readonly string[]): readonly Fence[] =>
  fences.filter(({ language }) => languages.includes(language));

test("every block of code names a language that is checked here, or that shows output", () => {
  // TypeScript is compiled in typescript.test.ts.
  const checked = ["sh", "yaml", "yaml values", "yaml mapping", "yaml compose", "json", "ts"];
  const shown = ["console", "mermaid", "promql"];
  const others = fences.filter(({ language }) => ![...checked, ...shown].includes(language));
  expect(others.map(({ where, language }) => `${where}: ${language}`)).toEqual([]);
  for (const language of ["sh", "yaml", "yaml values", "ts"])
    expect(of(language).length, language).toBeGreaterThan(2);
});

test.each(of("sh"))("bash can parse $where", async ({ text }) => {
  const { code, stderr } = await run("bash", ["-n", "-c", text]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("no command has a placeholder in angle brackets: a shell would redirect to it", () => {
  const redirecting = of("sh").filter(({ text }) => /<[a-z][a-z -]*>/.test(text));
  expect(redirecting.map(({ where }) => where)).toEqual([]);
});

test.each(of("yaml", "yaml values", "yaml compose"))("$where is YAML", ({ text }) => {
  const documents = parseAllDocuments(text);
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
});

test.each(of("yaml"))("$where is an object of Kubernetes", ({ text }) => {
  for (const document of parseAllDocuments(text))
    expect(() => objectSchema.parse(document.toJS())).not.toThrow();
});

test.each(of("yaml mapping"))("$where is a mapping of names", ({ text }) => {
  expect(Object.keys(readContractMapping(text))).not.toEqual([]);
});

describe("values of the chart", () => {
  const ajv = new Ajv({ strict: false });
  const validate = ajv.compile(
    z.looseObject({}).parse(JSON.parse(fileText("charts/signatureapi-controller/values.schema.json"))),
  );

  test.each(of("yaml values"))("$where fits the schema", ({ text }) => {
    validate(parse(text));
    expect(validate.errors).toBeNull();
  });

  test("a name that the chart does not know is refused", () => {
    expect(validate({ replicaCount: 2 })).toBe(false);
  });
});

test.each(of("json"))("$where is JSON", ({ text }) => {
  expect(() => {
    JSON.parse(text);
  }).not.toThrow();
});
