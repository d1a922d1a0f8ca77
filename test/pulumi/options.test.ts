import { describe, expect, test } from "vitest";
import { startWorld } from "./world.ts";

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
    const world = await startWorld(context, { project: { program: { text: IN_STACK } } });
    const { project } = world;
    await project.up();
    const { keyId } = await project.outputs();
    await project.write("index.js", RENAMED);
    await project.up();
    expect(await project.outputs()).toEqual({ keyId, unrecordedKeys: [] });
    await project.write("index.js", IN_COMPONENT);
    await project.up();
    expect(await project.outputs()).toEqual({ keyId, unrecordedKeys: [] });
    expect(world.active()).toEqual([keyId]);
    expect(world.description(String(keyId))).toMatch(/^Transformed \[ak:/);
    // A transform that takes the mark off the value does not make it readable.
    expect((await project.allFiles()).includes("key_live_")).toBe(false);
    await project.must("destroy", "--yes", "--skip-preview");
    expect(world.active()).toEqual([]);
  });

  test("protect refuses, and a key that was retained is named when it is declared again, and can be adopted", async (context) => {
    const world = await startWorld(context);
    const { project } = world;
    await world.up({ checkout: { mode: "live", opts: { protect: true, retainOnDelete: true } } });
    const first = await world.key();
    const refused = await project.pulumi("destroy", "--yes", "--skip-preview");
    expect(refused.code).not.toBe(0);
    expect(world.active()).toEqual([first.keyId]);

    await world.up({ checkout: { mode: "live", opts: { retainOnDelete: true } } });
    await world.up({});
    expect(world.active()).toEqual([first.keyId]);
    const again = await world.up({ checkout: { mode: "live" } });
    expect(again).toMatch(new RegExp(`warning: Key ${first.keyId} .*pulumi stack export`));
    const second = await world.key();
    expect(second.unrecordedKeys).toMatchObject([{ keyId: first.keyId }]);
    expect(world.active()).toEqual([first.keyId, second.keyId]);

    // The way that the warning names.
    const adopted = { mode: "live", adopt: { keyId: first.keyId, key: first.key } };
    await world.up({ checkout: adopted }, "--replace", "**::checkout");
    expect(await world.key()).toMatchObject({ keyId: first.keyId, key: first.key });
    expect(world.active()).toEqual([first.keyId]);
    await project.must("destroy", "--yes", "--skip-preview");
    expect(world.active()).toEqual([]);
  });

  test("--replace, replacementTrigger and deleteBeforeReplace make a new key and revoke the old one", async (context) => {
    const world = await startWorld(context);
    const { project } = world;
    const keys = {
      checkout: { mode: "live" },
      sandbox: { mode: "test", opts: { deleteBeforeReplace: true } },
    };
    await world.up(keys);
    const [first, sandbox] = [await world.key(), await world.key("sandbox")];
    const replaced = await world.up(keys, "--replace", "**::checkout", "--replace", "**::sandbox");
    expect(replaced).toContain("2 replaced");
    const [second, again] = [await world.key(), await world.key("sandbox")];
    expect(new Set(world.active())).toEqual(new Set([second.keyId, again.keyId]));
    expect(second.keyId).not.toBe(first.keyId);
    expect(again.keyId).not.toBe(sandbox.keyId);
    expect(await world.works(second.key)).toBe(true);

    // The first key was named as unrecorded while it was being replaced; now it is gone, and no longer named.
    await project.up();
    expect((await world.key()).unrecordedKeys).toEqual([]);

    const triggered = { ...keys, checkout: { mode: "live", opts: { replacementTrigger: "b" } } };
    await world.up(triggered);
    await world.up({ ...keys, checkout: { mode: "live", opts: { replacementTrigger: "c" } } });
    const third = await world.key();
    expect(third.keyId).not.toBe(second.keyId);
    expect(new Set(world.active())).toEqual(new Set([third.keyId, again.keyId]));

    // Another mode is another key; one of a mode that there may be one of is deleted first.
    await world.up({ checkout: { mode: "live", opts: { replacementTrigger: "c" } } });
    const changed = await world.up({ checkout: { mode: "test", opts: { replacementTrigger: "c" } } });
    expect(changed).toContain("1 replaced");
    expect(world.active()).toEqual([(await world.key()).keyId]);
    expect((await world.key()).unrecordedKeys).toEqual([]);
  });

  test("Retain keeps the key, and nothing of ours in its description", async (context) => {
    const world = await startWorld(context);
    await world.up({ checkout: { mode: "live", deletionPolicy: "Retain", description: "Checkout" } });
    const { keyId, key } = await world.key();
    const destroyed = await world.project.must("destroy", "--yes", "--skip-preview");
    expect(destroyed).toContain(`Key ${keyId} is retained`);
    expect(world.description(keyId)).toBe("Checkout");
    expect(await world.works(key)).toBe(true);
  });
});
