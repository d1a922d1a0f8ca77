import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CHAOS_MUTANTS } from "./mutations.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test.each(CHAOS_MUTANTS)(
  "the text that the mutant which $name replaces is in the source, once",
  ({ file, find }) => {
    expect(readFileSync(join(ROOT, file), "utf8").split(find)).toHaveLength(2);
  },
);
