import { dirname, join } from "node:path/posix";
import { describe, expect, test } from "vitest";
import { MarkdownFile, markdownFiles } from "../markdown.ts";

const INDEX = "docs/README.md";
const files = markdownFiles();

/** The pages to which a page links, from the repository's root. */
function linkedFrom(path: string): readonly string[] {
  return new MarkdownFile(path)
    .links()
    .filter((link) => !/^[a-z]+:|^#/.test(link))
    .map((link) => join(dirname(path), link.split("#")[0] ?? ""));
}

describe("the index of the documentation", () => {
  test("asks for the task first, then the kind, then the symptom", () => {
    expect(new MarkdownFile(INDEX).headings().slice(1, 4)).toEqual(["By task", "By kind", "By symptom"]);
  });

  test("leads to every page of docs", () => {
    const indexes = [INDEX, "docs/adr/README.md", "docs/runbooks/README.md"];
    const linked = new Set(indexes.flatMap((index) => linkedFrom(index)));
    const pages = files.map(({ path }) => path).filter((path) => path.startsWith("docs/"));
    expect(pages.length).toBeGreaterThan(60);
    expect(pages.filter((path) => path !== INDEX && !linked.has(path))).toEqual([]);
  });

  test("is where the README leads to", () => {
    expect(linkedFrom("README.md")).toContain(INDEX);
  });
});

describe("links", () => {
  test("headings that are linked to are unique in their page", () => {
    const anchors = new Map(files.map((file) => [file.path, file.anchors()]));
    const ambiguous = files.flatMap(({ path }) =>
      new MarkdownFile(path)
        .links()
        .filter((link) => link.includes("#") && !/^[a-z]+:/.test(link))
        .filter((link) => {
          const [target = "", anchor = ""] = link.split("#");
          const page = target === "" ? path : join(dirname(path), target);
          return anchors.get(page)?.includes(`${anchor}-1`) === true;
        })
        .map((link) => `${path}: ${link}`),
    );
    expect(ambiguous).toEqual([]);
  });

  test("a target with white space in it is broken", () => {
    const text = "[adopt](adoption.md#the-\naccounts-one-test-key) [none](no-such.md) [index](README.md)";
    expect(new MarkdownFile("docs/troubleshooting.md", text).brokenLinks()).toEqual([
      "adoption.md#the-\naccounts-one-test-key",
      "no-such.md",
    ]);
  });
});

/** The sites to which the documentation may lead, and what for. The links are checked for their form only. */
const SITES: Readonly<Record<string, string>> = {
  "signatureapi.com": "the vendor",
  "github.com": "projects",
  "developer.hashicorp.com": "comparison",
  "external-secrets.io": "comparison",
  "openbao.org": "comparison",
  "docs.github.com": "comparison, releases",
  "cli.github.com": "releases",
  "docs.sigstore.dev": "releases",
  "keepachangelog.com": "versions",
  "semver.org": "versions",
};

test("every link to another site is an https link to a site of the list, without query", () => {
  const links = files.flatMap((file) => file.externalLinks().map((link) => ({ page: file.path, link })));
  expect(links.length).toBeGreaterThan(15);
  const wrong = links.filter(({ link }) => {
    if (!URL.canParse(link)) return true;
    const { protocol, hostname, search, username } = new URL(link);
    return protocol !== "https:" || !(hostname in SITES) || search !== "" || username !== "";
  });
  expect(wrong).toEqual([]);
  const used = new Set(links.map(({ link }) => new URL(link).hostname));
  expect(Object.keys(SITES).filter((site) => !used.has(site))).toEqual([]);
});
