import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DockerfileParser, Label, type Dockerfile } from "dockerfile-ast";
import { DOCKERFILES, entrypointOf, parseDockerfile } from "./dockerfile.ts";

/** What is wrong with a recipe. An empty list: nothing that we know of. */
function faultsOf(dockerfile: Dockerfile): readonly string[] {
  const faults: string[] = [];
  const froms = dockerfile.getFROMs();
  const args = new Map(
    dockerfile.getARGs().map((arg) => [arg.getProperty()?.getName(), arg.getProperty()?.getValue() ?? ""]),
  );
  for (const from of froms) {
    const image = from.getImage()?.replace(/^\$\{(\w+)\}$/, (_, name: string) => args.get(name) ?? "");
    if (
      image === undefined ||
      !/^[\w.-]+\.[a-z]+\/.+(:[\w.-]*\d[\w.-]*|:nonroot|@sha256:[0-9a-f]{64})$/.test(image)
    )
      faults.push(`FROM ${image}: name a registry, and a version or a digest`);
  }
  const last = froms.at(-1)?.getRange().start.line ?? 0;
  const inLast = dockerfile.getInstructions().filter((one) => one.getRange().start.line > last);
  const user = inLast.findLast((one) => one.getKeyword() === "USER")?.getArgumentsContent() ?? "root";
  // By number: the kubelet cannot tell whether a name is root.
  if (!/^[1-9]\d*:[1-9]\d*$/.test(user)) faults.push(`USER ${user}: name a user and a group by number`);
  if (dockerfile.getInstructions().some((one) => one.getKeyword() === "ADD")) faults.push("ADD: use COPY");
  if (entrypointOf(dockerfile) === undefined) faults.push("ENTRYPOINT: use the exec form");
  if (inLast.some((one) => ["RUN", "CMD", "HEALTHCHECK"].includes(one.getKeyword())))
    faults.push("the last stage has no shell, and its arguments come from the Pod");
  const labels = dockerfile
    .getInstructions()
    .filter((one) => one instanceof Label)
    .flatMap((label) => label.getProperties().map((property) => property.getName()));
  for (const name of ["title", "description", "source", "documentation", "licenses", "version", "revision"]) {
    if (!labels.includes(`org.opencontainers.image.${name}`)) faults.push(`label ${name} is missing`);
  }
  return faults;
}

describe.each(DOCKERFILES)("%s", (path) => {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

  test("has no fault", () => {
    expect(faultsOf(parseDockerfile(path))).toEqual([]);
  });

  test.each([
    ["an image without a version", /:24-trixie-slim/, ""],
    ["an image of any version", /:24-trixie-slim/, ":latest"],
    ["root", /USER 65532:65532/, ""],
    ["a user by name", /USER 65532:65532/, "USER nonroot"],
    ["ADD", /COPY --from=build/, "ADD --from=build"],
    ["a shell around the program", /ENTRYPOINT \[.*\]/, "ENTRYPOINT node /app/launch.mjs"],
    ["a command in the last stage", /EXPOSE/, "RUN true\nEXPOSE"],
    ["a missing label", /image\.revision/, "image.other"],
  ])("would be refused with %s", (_, found, replacement) => {
    expect(text).toMatch(found);
    expect(faultsOf(DockerfileParser.parse(text.replace(found, replacement)))).toHaveLength(1);
  });

  test("copies only what its .dockerignore lets through", () => {
    const ignore = readFileSync(new URL(`../../${path}.dockerignore`, import.meta.url), "utf8").split("\n");
    expect(ignore[0]).toBe("**");
    const allowed = ignore.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
    const copied = parseDockerfile(path)
      .getCOPYs()
      .filter((copy) => copy.getFlags().every((flag) => flag.getName() !== "from"))
      .flatMap((copy) =>
        copy
          .getArguments()
          .slice(0, -1)
          .map((argument) => argument.getValue()),
      );
    expect(copied.toSorted()).toEqual(allowed.toSorted());
  });
});
