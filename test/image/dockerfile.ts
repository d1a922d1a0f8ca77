import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { DockerfileParser, type Dockerfile, type JSONInstruction } from "dockerfile-ast";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The recipes of our images, from the repository's root. */
export const DOCKERFILES = ["controller/Dockerfile", "management-api/Dockerfile"] as const;

/** A recipe, parsed. */
export function parseDockerfile(path: (typeof DOCKERFILES)[number]): Dockerfile {
  return DockerfileParser.parse(readFileSync(join(ROOT, path), "utf8"));
}

/** The words of the last ENTRYPOINT, `undefined` where it is not in the exec form. */
export function entrypointOf(dockerfile: Dockerfile): readonly string[] | undefined {
  const entrypoint: JSONInstruction | undefined = dockerfile.getENTRYPOINTs().at(-1);
  if (entrypoint?.getOpeningBracket() == null) return undefined;
  return entrypoint.getJSONStrings().map((string) => string.getJSONValue());
}

/**
 * The command line of a container on this machine.
 *
 * @param command as the container has it: a path of the image, and arguments.
 * @param app the folder that is `/app` in the image.
 */
export function onThisMachine(command: readonly string[], app: string): readonly string[] {
  return command.map((word) =>
    word === "/nodejs/bin/node" ? process.execPath : word.replace(/^\/app\//, `${app}/`),
  );
}
