import { describe, expect, test } from "vitest";
import { ACCOUNT, startWorld } from "./world.ts";

describe.concurrent("adoption", () => {
  test("goes on with the value that is given, rolls without one, and manages the key from then on", async (context) => {
    const world = await startWorld(context);
    const byHand = (description: string) =>
      world.emulator.admin.createKey(ACCOUNT, { mode: "live", description });
    const [known, lost] = [byHand("Payments, made by hand"), byHand("Billing, made by hand")];
    const keys = {
      payments: { mode: "live", description: "Payments", adopt: { keyId: known.id, key: known.key } },
      billing: { mode: "live", description: "Billing", adopt: { keyId: lost.id } },
    };
    await world.up(keys);
    const [payments, billing] = [await world.key("payments"), await world.key("billing")];
    expect(payments).toMatchObject({ keyId: known.id, key: known.key, revision: 1, unrecordedKeys: [] });
    expect(world.description(known.id)).toMatch(/^Payments \[ak:/);
    expect(billing.keyId).toBe(lost.id);
    expect([await world.works(billing.key), await world.works(lost.key)]).toEqual([true, false]);

    // Adopted is adopted: the declaration of it may go or stay.
    await world.declare({ ...keys, payments: { mode: "live", description: "Payments" } });
    await world.project.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    await world.up({
      ...keys,
      payments: { mode: "live", description: "Payments", rotation: { trigger: "a", overlap: "0s" } },
    });
    const rotated = await world.key("payments");
    expect(rotated).toMatchObject({ revision: 2, previous: [] });
    expect(await world.works(known.key)).toBe(false);

    await world.project.must("destroy", "--yes", "--skip-preview");
    expect(world.active()).toEqual([]);
  });

  test("is refused before anything is touched, with the property and what to do", async (context) => {
    const world = await startWorld(context);
    const byHand = world.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "Made by hand" });
    const foreign = world.emulator.admin.createKey(ACCOUNT, {
      mode: "live",
      description: `Somebody's [ak:ffffffffff.ffffffffffffffff:1:aaaaaaaa]`,
    });
    await world.declare({
      wrong: { mode: "live", adopt: { keyId: byHand.id, key: `key_live_${"0".repeat(40)}` } },
      foreign: { mode: "live", adopt: { keyId: foreign.id } },
      missing: { mode: "live", adopt: { keyId: "ak_missing" } },
      revoked: { mode: "test", adopt: { keyId: byHand.id } },
    });
    const { code, text } = await world.project.pulumi("up", "--yes", "--skip-preview", "--continue-on-error");
    expect(code).not.toBe(0);
    expect(text).toContain(`adopt.key: this is not the value of key ${byHand.id}`);
    expect(text).toContain(`adopt.keyId: ForeignKey: key ${foreign.id} is managed by something else`);
    expect(text).toContain(`adopt.keyId: account ${ACCOUNT} has no key ak_missing`);
    expect(text).toContain(`adopt.keyId: key ${byHand.id} is a live key, and mode test is declared`);
    expect(world.description(byHand.id)).toBe("Made by hand");
    expect(await world.works(byHand.key)).toBe(true);

    await world.up({ wrong: { mode: "live" } });
    await world.declare({ wrong: { mode: "live", adopt: { keyId: byHand.id } } });
    const later = await world.project.pulumi("preview");
    expect(later.code).not.toBe(0);
    expect(later.text).toMatch(/adopt\.keyId.*adopt is obeyed when the resource is created/s);
  });

  test("a second test key is refused with the way to adopt the one that there is", async (context) => {
    const world = await startWorld(context);
    const { id } = world.emulator.admin.createKey(ACCOUNT, { mode: "test", description: "Made by hand" });
    await world.declare({ sandbox: { mode: "test" } });
    const { code, text } = await world.project.pulumi("up", "--yes", "--skip-preview");
    expect(code).not.toBe(0);
    expect(text).toContain(`adopt: { keyId: "${id}" }`);
    await world.up({ sandbox: { mode: "test", adopt: { keyId: id } } });
    expect(await world.key("sandbox")).toMatchObject({ keyId: id });
  });
});
