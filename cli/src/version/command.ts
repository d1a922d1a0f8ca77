import * as z from "zod";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { formatted } from "../output/format.ts";
import manifest from "../../package.json" with { type: "json" };

/** `version`: of the plugin. */
export const versionCommand = defineCommand({
  name: "version",
  summary: "Show the version of the plugin",
  flags: z.object({}),
  declare() {
    // No flags of its own.
  },
  run({ io, output }) {
    const model = { client: manifest.version };
    io.stdout.write(formatted(output, model, () => `Client: ${model.client}\n`));
    return Promise.resolve(EXIT.ok);
  },
});
