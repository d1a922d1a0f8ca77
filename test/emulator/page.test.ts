import { spawn } from "node:child_process";
import process from "node:process";
import { onTestFinished, expect, test } from "vitest";
import { startEmulator } from "@signatureapi-keys/management-api/emulator";
import { parse } from "yaml";
import * as z from "zod";
import { faultRuleSchema } from "../../management-api/src/emulator/faults.ts";
import { HELP, readFlags } from "../../management-api/src/emulator/flags.ts";
import { MarkdownFile } from "../docs/markdown.ts";
import { run } from "../../tools/binaries/run.ts";
import { fileText, ROOT } from "../release/workflows.ts";

const page = new MarkdownFile("docs/emulator.md");
const text = fileText("docs/emulator.md");
const scripts = page.codeBlocks("sh");

/** The flags of each command of the page that starts the emulator. */
function commands(): readonly (readonly string[])[] {
  const starts =
    /(?:npx signatureapi-management emulator|npm run (?:--silent )?emulator --|emulator:dev)\s(--.*)/;
  return scripts.flatMap((script) => {
    const [, flags] = starts.exec(script.replaceAll(/\\\n\s*/g, "")) ?? [];
    return flags === undefined ? [] : [flags.replace(/ &$/, "").trim().split(/\s+/)];
  });
}

test("each command of the page has flags that exist", () => {
  expect(commands()).toHaveLength(4);
  for (const flags of commands()) {
    // The file of the example is not there.
    const given = flags.map((flag) => flag.replace("token-file=token.txt", "token=t"));
    expect(readFlags(given, { TOKEN_A: "a" }).kind).toBe("start");
  }
});

test("its service of a compose file starts the emulator as the page says", () => {
  const { services } = z
    .object({
      services: z.object({
        signatureapi: z.looseObject({
          command: z.array(z.string()),
          ports: z.array(z.string()),
          user: z.string(),
        }),
      }),
    })
    .parse(parse(page.codeBlocks("yaml compose")[0] ?? ""));
  const { command, ports, user } = services.signatureapi;
  expect(readFlags(command, { MANAGEMENT_TOKEN: "t" })).toMatchObject({
    options: { host: "0.0.0.0", port: 8787, adminPort: 8788 },
  });
  // Whatever is bound inside, only this machine reaches it.
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  expect(fileText("management-api/Dockerfile")).toContain(`\nUSER ${user}\n`);
});

test("its commands for curl work against an emulator, and its fault is obeyed", async () => {
  const emulator = await startEmulator();
  onTestFinished(() => emulator.close());
  const here = (script: string): string =>
    script
      .replaceAll("http://127.0.0.1:8787/v1", emulator.url)
      .replaceAll("http://127.0.0.1:8788", emulator.adminUrl);
  const [, show = ""] = /^\| curl \| `(.*)` \|$/m.exec(text) ?? [];
  const found = [show, ...scripts.filter((script) => script.startsWith("curl "))];
  expect(found).toHaveLength(4);
  for (const script of found) {
    const { code, stderr } = await run("bash", ["-ec", here(script)], {
      env: { ...process.env, SIGNATUREAPI_KEY: "key_live_none" },
    });
    expect(code, stderr).toBe(0);
  }
  expect(emulator.admin.faults()).toHaveLength(1);
});

test(
  "it starts in the background as the page says, and is ready when the script ends",
  { timeout: 60_000 },
  async () => {
    const script = scripts.find((one) => one.includes("--retry-connrefused")) ?? "";
    // Free ports of this machine: those of the page may be in use.
    const free = await Promise.all([startEmulator(), startEmulator()]);
    const ports = free.map(({ url }) => new URL(url).port);
    for (const emulator of free) await emulator.close();
    const moved = script.replaceAll("8787", ports[0] ?? "").replaceAll("8788", ports[1] ?? "");
    const child = spawn("bash", ["-ec", `${moved}\necho ready\nwait`], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => {
      if (child.pid !== undefined) process.kill(-child.pid);
    });
    let printed = "";
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      printed += String(chunk);
      if (printed.includes("ready")) break;
    }
    expect(JSON.parse(printed.split("\n")[0] ?? "")).toMatchObject({
      url: `http://127.0.0.1:${ports[0]}/v1`,
    });
    expect((await fetch(`http://127.0.0.1:${ports[1]}/keys`)).status).toBe(200);
  },
);

test("it explains each kind of fault and each path of the admin API", () => {
  const kinds = [
    ...JSON.stringify(z.toJSONSchema(faultRuleSchema, { io: "input" })).matchAll(
      /"kind":\{[^}]*"const":"([\w-]+)"/g,
    ),
  ];
  expect(kinds.length).toBeGreaterThan(10);
  for (const [, kind] of kinds) expect(text).toContain(`\`${kind}\``);
  const paths = [...HELP.matchAll(/^ {2}(?:GET|POST|PATCH|DELETE)[\w, ]* (\/\S*)/gm)].map(([, path]) => path);
  expect(paths).toHaveLength(8);
  for (const path of new Set(paths))
    expect(text).toMatch(new RegExp(`\\| .*${path?.replaceAll(/[{}]/g, "\\$&")}\``));
});
