import { Argument } from "commander";
import * as z from "zod";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { completionScript, SHELLS } from "./scripts.ts";

/** `completion SHELL`: prints the script that makes a shell complete the plugin. */
export const completionCommand = defineCommand({
  name: "completion",
  summary: "Print a script that completes commands, flags and names of ApiKeys",
  flags: z.object({}),
  declare(command) {
    command.addArgument(new Argument("<shell>", "for which program").choices(SHELLS)).addHelpText(
      "after",
      `
  bash        source <(kubectl signatureapi completion bash)
  zsh         source <(kubectl signatureapi completion zsh)
  fish        kubectl signatureapi completion fish | source
  powershell  kubectl signatureapi completion powershell | Out-String | Invoke-Expression
  kubectl     save it as kubectl_complete-signatureapi in a folder of the PATH: kubectl's own completion calls it
`,
    );
  },
  run({ io }, args) {
    const shell = SHELLS.find((one) => one === args[0]) ?? "bash";
    io.stdout.write(completionScript(shell));
    return Promise.resolve(EXIT.ok);
  },
});
