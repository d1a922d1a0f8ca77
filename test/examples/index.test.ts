import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MarkdownFile } from "../docs/markdown.ts";
import { foldersIn } from "./manifests.ts";

/** An index, and the folder whose examples it lists. */
const INDEXES = [
  ["examples/README.md", "examples", /\]\(([\w-]+)\)/g],
  ["examples/kubernetes/README.md", "examples/kubernetes", /^\| \[[\w-]+\]\(([\w-]+)\)/gm],
  ["examples/pulumi/README.md", "examples/pulumi", /^\| \[[\w-]+\]\(([\w-]+)\)/gm],
] as const;

describe.each(INDEXES)("%s", (page, folder, links) => {
  const { text } = new MarkdownFile(page);
  const listed = new Set([...text.matchAll(links)].map(([, name = ""]) => name));

  test("lists every example, and nothing that is not there", () => {
    expect([...listed].toSorted()).toEqual(foldersIn(folder));
  });
});

test.each(["examples/kubernetes", "examples/pulumi"])("every example of %s has a README", (folder) => {
  const without = foldersIn(folder).filter((name) => !existsSync(`${folder}/${name}/README.md`));
  expect(without).toEqual([]);
});
