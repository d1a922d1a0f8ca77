import * as z from "zod";
import manifest from "../../package.json" with { type: "json" };
import { defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { formatted } from "../output/format.ts";
import { diagnose } from "./diagnose.ts";
import type { FindingState } from "./finding.ts";
import { gather } from "./gather/gather.ts";
import { render, reportOf } from "./render.ts";

/** What the exit status says of the worst finding. */
const EXIT_OF: Readonly<Record<FindingState, ExitCode>> = {
  ok: EXIT.ok,
  warning: EXIT.ok,
  unknown: EXIT.unknown,
  problem: EXIT.problem,
};

/** `doctor`: looks at everything that must be right, before or after the installation, and says what is not. */
export const doctorCommand = defineCommand({
  name: "doctor",
  summary: "Check the cluster, the controller, its rights, accounts and ApiKeys, and say what to do",
  flags: z.object({ pre: z.boolean().default(false), controllerNamespace: z.string().min(1).optional() }),
  declare(command) {
    command
      .option("--pre", "before the installation: whether the controller can be installed here")
      .option(
        "--controller-namespace <name>",
        "the namespace of the controller; by default it is looked for",
      );
  },
  async run(context, _args, { pre, controllerNamespace }) {
    const { io, output, style } = context;
    const facts = await gather(
      await context.client(),
      {
        when: pre ? "before" : "after",
        namespace: context.wantedNamespace,
        ownNamespace: await context.namespaceOrDefault(),
        controllerNamespace,
        pluginVersion: manifest.version,
      },
      io.now,
    );
    const report = reportOf(diagnose(facts));
    io.stdout.write(formatted(output, report, () => render(report.findings, style)));
    return EXIT_OF[report.result];
  },
});
