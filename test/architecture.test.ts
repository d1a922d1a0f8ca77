import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { helpText } from "../controller/src/options.ts";
import { markdownFiles } from "./docs/markdown.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OURS = "@signatureapi-keys/";

/** What a room may import of the others. A room that does not exist yet is held to it from its first file on. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  lifecycle: [],
  "management-api": [],
  controller: ["lifecycle", "management-api"],
  provider: ["lifecycle", "management-api"],
  cli: ["controller", "lifecycle", "management-api"],
  tools: [],
};

interface Import {
  /** Relative to the root. */
  readonly file: string;
  readonly from: string;
}

function sources(folder: string): readonly string[] {
  const inside = join(ROOT, folder);
  const entries = readdirSync(inside, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file));
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const found = text.matchAll(/(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*["']([^"']+)["']/g);
  return [...found].map(([, from = ""]) => ({ file, from }));
}

/** Rooms whose package has another name than the others. */
const PACKAGES: Readonly<Record<string, string>> = {
  "pulumi-signatureapi": "provider",
  "kubectl-signatureapi": "cli",
};

/** The room that an import leads to, `undefined` where it leads out of the repository. */
function roomOf({ file, from }: Import): string | undefined {
  if (from.startsWith(OURS)) return from.slice(OURS.length).split("/")[0];
  const room = PACKAGES[from.split("/")[0] ?? ""];
  if (room !== undefined) return room;
  if (!from.startsWith(".")) return undefined;
  return relative(ROOT, resolve(ROOT, dirname(file), from)).split("/")[0];
}

/** The models of the world, and the searches through them. */
const MODEL = "lifecycle/src/model/";
const MODELS = [MODEL, "provider/src/model/"];

function isModel(file: string): boolean {
  return MODELS.some((folder) => file.startsWith(folder));
}

function isProduction(file: string): boolean {
  return !/\.test\.ts$|\/testing\/|\/test-[^/]*\.ts$/.test(file) && !isModel(file);
}

const rooms = Object.keys(ARROWS).filter((room) => readdirSync(ROOT).includes(room));

test("the rooms that there are today are looked at", () => {
  expect(rooms).toEqual(
    expect.arrayContaining(["lifecycle", "management-api", "controller", "provider", "cli", "tools"]),
  );
  for (const room of rooms) expect(sources(room).length, room).toBeGreaterThan(0);
});

test.each(rooms)("%s imports no room that it must not know", (room) => {
  const allowed = new Set([room, ...(ARROWS[room] ?? [])]);
  const wrong = sources(room)
    .flatMap(importsOf)
    .filter((found) => !allowed.has(roomOf(found) ?? room));
  expect(wrong).toEqual([]);
});

test("lifecycle does no I/O: of Node it imports node:crypto, and of npm croner, which reckons with calendars", () => {
  const wrong = sources("lifecycle")
    .filter(isProduction)
    .flatMap(importsOf)
    .filter(({ from }) => !from.startsWith(".") && !["node:crypto", "croner"].includes(from));
  expect(wrong).toEqual([]);
});

test("only tests import a model of the world, and lifecycle does not export its own", () => {
  const wrong = rooms
    .flatMap(sources)
    .filter(isProduction)
    .flatMap(importsOf)
    .filter(({ file, from }) => {
      if (from.startsWith(OURS)) return /^lifecycle\/.*\bmodel\b/.test(from.slice(OURS.length));
      return from.startsWith(".") && isModel(relative(ROOT, resolve(ROOT, dirname(file), from)));
    });
  expect(wrong).toEqual([]);
  const manifest = readFileSync(join(ROOT, "lifecycle/package.json"), "utf8");
  expect(JSON.parse(manifest)).toMatchObject({ exports: { ".": "./src/index.ts" } });
});

test("the model imports lifecycle's own files, and of Node what has no effects", () => {
  const wrong = sources(MODEL)
    .filter((file) => !file.endsWith(".test.ts"))
    .flatMap(importsOf)
    .filter(({ from }) => !from.startsWith(".") && !["node:crypto", "node:util"].includes(from));
  expect(wrong).toEqual([]);
});

test("the plugin takes of the controller its kinds, flags and client of Kubernetes, and nothing else", () => {
  const exports = ["accounts", "kube", "options", "resources"].map((part) => `${OURS}controller/${part}`);
  const wrong = sources("cli/src")
    .filter(isProduction)
    .flatMap(importsOf)
    .filter((found) => roomOf(found) === "controller" && !exports.includes(found.from));
  expect(wrong).toEqual([]);
});

test("the plugin never takes the text of a value out", () => {
  const wrong = sources("cli")
    .filter(isProduction)
    .filter((file) => readFileSync(join(ROOT, file), "utf8").includes("/reveal"));
  expect(wrong).toEqual([]);
});

test("controller/src/kube imports nothing outside of itself", () => {
  const folder = join(ROOT, "controller/src/kube");
  const wrong = sources("controller/src/kube")
    .flatMap(importsOf)
    .filter(({ file, from }) => {
      if (!from.startsWith(".")) return from.startsWith(OURS);
      return relative(folder, resolve(ROOT, dirname(file), from)).startsWith("..");
    });
  expect(wrong).toEqual([]);
});

test("custom resources are parsed where they arrive, and only there", () => {
  // What holds a raw spec and status, and what parses them.
  const raw =
    /\b(CustomObject|API_KEYS|ACCOUNTS|CLUSTER_ACCOUNTS|(apiKey|account|clusterAccount)(Spec|Status)Schema|readLenientSpec|readStatus)\b/;
  const touching = sources("controller")
    .filter(isProduction)
    .filter((file) => !file.startsWith("controller/src/resources/"))
    .filter((file) => raw.test(readFileSync(join(ROOT, file), "utf8")));
  expect(touching.toSorted()).toEqual([
    "controller/src/account/document.ts",
    "controller/src/apikey/document.ts",
    "controller/src/apikey/status-codec.ts",
    // It asks whether the kinds can be listed, and looks at none.
    "controller/src/startup.ts",
  ]);
});

test("one production file of the controller takes the text of a value out", () => {
  const revealing = sources("controller")
    .filter(isProduction)
    .filter((file) => importsOf(file).some(({ from }) => from === `${OURS}management-api/reveal`));
  expect(revealing).toEqual(["controller/src/apikey/secret-manifest.ts"]);
  const naming = sources("controller")
    .filter(isProduction)
    .filter((file) => readFileSync(join(ROOT, file), "utf8").includes("revealKeyValue"));
  expect(naming).toEqual(revealing);
});

test("one production file of the provider takes the text of a value out", () => {
  const revealing = sources("provider")
    .filter(isProduction)
    .filter((file) => importsOf(file).some(({ from }) => from === `${OURS}management-api/reveal`));
  expect(revealing).toEqual(["provider/src/dynamic/minted.ts"]);
});

test("every flag of --help is in docs/flags.md, and no other", () => {
  const page = readFileSync(join(ROOT, "docs/flags.md"), "utf8");
  const flags = [...helpText().matchAll(/^ {2}--([a-z-]+)/gm)].map(([, flag]) => flag);
  const described = [...page.matchAll(/^\| `--([a-z-]+)/gm)].map(([, flag]) => flag);
  expect(flags.length).toBeGreaterThan(10);
  expect(described).toEqual(flags);
});

test("every relative link in a Markdown file leads somewhere", () => {
  const files = markdownFiles();
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(["README.md", "docs/reasons.md"]));
  const broken = files.flatMap((file) => file.brokenLinks().map((link) => `${file.path}: ${link}`));
  expect(broken).toEqual([]);
});
