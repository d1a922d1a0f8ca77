import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { DOCKERFILES } from "../image/dockerfile.ts";
import { fileText, workflows } from "./workflows.ts";

const OWNER = "signatureapi-keys";
const PROJECT = `https://github.com/${OWNER}/signatureapi-keys`;
const REGISTRY = `ghcr.io/${OWNER}`;
const IMAGES = ["signatureapi-controller", "signatureapi-emulator"];
const CHART = "charts/signatureapi-controller";

const manifestSchema = z.object({
  version: z.string(),
  homepage: z.string(),
  bugs: z.object({ url: z.string() }),
  repository: z.object({ type: z.string(), url: z.string(), directory: z.string().optional() }),
});

describe.each(["", "provider", "management-api", "cli"])("the package in the folder '%s'", (folder) => {
  const { homepage, bugs, repository, version } = manifestSchema.parse(
    JSON.parse(fileText(`${folder}${folder === "" ? "" : "/"}package.json`)),
  );

  test("names the project's address", () => {
    expect(repository).toEqual({
      type: "git",
      url: `git+${PROJECT}.git`,
      ...(folder !== "" && { directory: folder }),
    });
    expect(homepage.startsWith(PROJECT)).toBe(true);
    expect(bugs.url).toBe(`${PROJECT}/issues`);
  });

  test("has the chart's version", () => {
    expect(parse(fileText(`${CHART}/Chart.yaml`))).toMatchObject({ version, appVersion: version });
  });
});

test("the chart, if it names an address, names the project's", () => {
  const chart = z
    .looseObject({ home: z.string().optional(), sources: z.array(z.string()).optional() })
    .parse(parse(fileText(`${CHART}/Chart.yaml`)));
  for (const address of [chart.home, ...(chart.sources ?? [])].filter((one) => one !== undefined))
    expect(address.startsWith(PROJECT)).toBe(true);
});

test("the release pushes the images and the chart to the project's registry", () => {
  const release = workflows().find(({ name }) => name === "release.yml");
  expect(release?.content.env).toEqual({ REGISTRY });
  const { strategy } = z
    .looseObject({
      strategy: z.object({
        matrix: z.object({ include: z.array(z.object({ folder: z.string(), image: z.string() })) }),
      }),
    })
    .parse(release?.content.jobs["images"]);
  const { include } = strategy.matrix;
  expect(include.map(({ image }) => image)).toEqual(IMAGES);
  expect(include.map(({ folder }) => `${folder}/Dockerfile`)).toEqual([...DOCKERFILES]);
  for (const { folder, image } of include)
    expect(fileText(`${folder}/Dockerfile`)).toContain(`image.title="${image}"`);
});

test.each(DOCKERFILES)("the labels of %s name the project's address", (path) => {
  const addresses = [...fileText(path).matchAll(/image\.(?:source|url|documentation)="([^"]+)"/g)];
  expect(addresses).toHaveLength(3);
  for (const [, address = ""] of addresses) expect(address.startsWith(PROJECT)).toBe(true);
});

test("docs/verify.md verifies what the release publishes, as the release signs it", () => {
  const page = fileText("docs/verify.md");
  for (const image of IMAGES) expect(page).toContain(`${REGISTRY}/${image}`);
  expect(page).toContain(`${REGISTRY}/${CHART}`);
  const identity = /--certificate-identity-regexp '([^']+)'/.exec(page)?.[1] ?? "";
  const signer = `${PROJECT}/.github/workflows/release.yml@refs/tags/v0.2.0`;
  expect(signer).toMatch(new RegExp(identity));
  expect(signer.replace("release.yml", "ci.yml")).not.toMatch(new RegExp(identity));
  expect(signer.replace(`/${OWNER}/`, "/another/")).not.toMatch(new RegExp(identity));
  expect(`${signer}@refs/heads/main`).not.toMatch(new RegExp(identity));
});
