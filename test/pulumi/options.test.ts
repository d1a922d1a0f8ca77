import { describe, expect, test } from "vitest";
import { startStage } from "./stage.ts";

/** A program of its own, that puts out the ID of its key. */
const program = (text: string): string => `
import * as pulumi from "@pulumi/pulumi";
import { ApiKey } from "pulumi-signatureapi";
${text}
export const { keyId, unrecordedKeys } = key;
`;

const IN_STACK = program(`const key = new ApiKey("checkout", { mode: "live" });`);
const RENAMED = program(
  `const key = new ApiKey("payments", { mode: "live", description: "shop/dev/checkout" }, { aliases: [{ name: "checkout" }] });`,
);
const IN_COMPONENT = program(`
class Checkout extends pulumi.ComponentResource {
  constructor(name, opts) {
    super("shop:index:Checkout", name, {}, opts);
    this.key = new ApiKey("key", { mode: "live", description: "shop/dev/checkout" }, {
      parent: this,
      aliases: [{ name: "payments", parent: pulumi.rootStackResource }],
    });
    this.registerOutputs({});
  }
}
const { key } = new Checkout("checkout", {
  transforms: [({ props, opts, type }) =>
    type.endsWith(":ApiKey")
      ? { props: { ...props, description: "Transformed" }, opts: { ...opts, additionalSecretOutputs: [] } }
      : undefined],
});
`);

describe.concurrent("options of resources", () => {
  test("a rename, a move into a component and a transform keep the key, and its value secret", async (context) => {
    const stage = await startStage(context, { project: { program: { text: IN_STACK } } });
    const { project } = stage;
    await project.up();
    const { keyId } = await project.outputs();
    await project.write("index.js", RENAMED);
    await project.up();
    expect(await project.outputs()).toEqual({ keyId, unrecordedKeys: [] });
    await project.write("index.js", IN_COMPONENT);
    await project.up();
    expect(await project.outputs()).toEqual({ keyId, unrecordedKeys: [] });
    expect(stage.active()).toEqual([keyId]);
    expect(stage.description(String(keyId))).toMatch(/^Transformed \[ak:/);
    // A transform that takes the mark off the value does not make it readable.
    expect((await project.allFiles()).includes("key_live_")).toBe(false);
    await project.must("destroy", "--yes", "--skip-preview");
    expect(stage.active()).toEqual([]);
  });

  test("protect refuses, and a key that was retained is named when it is declared again, and can be adopted", async (context) => {
    const stage = await startStage(context);
    const { project } = stage;
    await stage.up({ checkout: { mode: "live", opts: { protect: true, retainOnDelete: true } } });
    const first = await stage.key();
    const refused = await project.pulumi("destroy", "--yes", "--skip-preview");
    expect(refused.code).not.toBe(0);
    expect(stage.active()).toEqual([first.keyId]);

    await stage.up({ checkout: { mode: "live", opts: { retainOnDelete: true } } });
    await stage.up({});
    expect(stage.active()).toEqual([first.keyId]);
    const again = await stage.up({ checkout: { mode: "live" } });
    expect(again).toMatch(new RegExp(`warning: Key ${first.keyId}.*adopt: \\{ keyId: "${first.keyId}" \\}`));
    const second = await stage.key();
    expect(second.unrecordedKeys).toMatchObject([{ keyId: first.keyId }]);
    expect(stage.active()).toEqual([first.keyId, second.keyId]);

    // The way that the warning names.
    const adopted = { mode: "live", adopt: { keyId: first.keyId, key: first.key } };
    await stage.up({ checkout: adopted }, "--replace", "**::checkout");
    expect(await stage.key()).toMatchObject({ keyId: first.keyId, key: first.key });
    expect(stage.active()).toEqual([first.keyId]);
    await project.must("destroy", "--yes", "--skip-preview");
    expect(stage.active()).toEqual([]);
  });

  test("--replace, replacementTrigger and deleteBeforeReplace make a new key and revoke the old one", async (context) => {
    const stage = await startStage(context);
    const { project } = stage;
    const keys = {
      checkout: { mode: "live" },
      sandbox: { mode: "test", opts: { deleteBeforeReplace: true } },
    };
    await stage.up(keys);
    const [first, sandbox] = [await stage.key(), await stage.key("sandbox")];
    const replaced = await stage.up(keys, "--replace", "**::checkout", "--replace", "**::sandbox");
    expect(replaced).toContain("2 replaced");
    const [second, again] = [await stage.key(), await stage.key("sandbox")];
    expect(new Set(stage.active())).toEqual(new Set([second.keyId, again.keyId]));
    expect(second.keyId).not.toBe(first.keyId);
    expect(again.keyId).not.toBe(sandbox.keyId);
    expect(await stage.works(second.key)).toBe(true);

    // The first key was named as unrecorded while it was being replaced; now it is gone, and no longer named.
    await project.up();
    expect((await stage.key()).unrecordedKeys).toEqual([]);

    const triggered = { ...keys, checkout: { mode: "live", opts: { replacementTrigger: "b" } } };
    await stage.up(triggered);
    await stage.up({ ...keys, checkout: { mode: "live", opts: { replacementTrigger: "c" } } });
    const third = await stage.key();
    expect(third.keyId).not.toBe(second.keyId);
    expect(new Set(stage.active())).toEqual(new Set([third.keyId, again.keyId]));

    // Another mode is another key; one of a mode that there may be one of is deleted first.
    await stage.up({ checkout: { mode: "live", opts: { replacementTrigger: "c" } } });
    const changed = await stage.up({ checkout: { mode: "test", opts: { replacementTrigger: "c" } } });
    expect(changed).toContain("1 replaced");
    expect(stage.active()).toEqual([(await stage.key()).keyId]);
    expect((await stage.key()).unrecordedKeys).toEqual([]);
  });

  test("Retain keeps the key, and nothing of ours in its description", async (context) => {
    const stage = await startStage(context);
    await stage.up({ checkout: { mode: "live", deletionPolicy: "Retain", description: "Checkout" } });
    const { keyId, key } = await stage.key();
    const destroyed = await stage.project.must("destroy", "--yes", "--skip-preview");
    expect(destroyed).toContain(`Key ${keyId} is retained`);
    expect(stage.description(keyId)).toBe("Checkout");
    expect(await stage.works(key)).toBe(true);
  });
});
