import { describe, expect, test } from "vitest";
import { ACCOUNT, startStage } from "./stage.ts";

describe.concurrent("adoption", () => {
  test("goes on with the value that is given, rolls without one, and manages the key from then on", async (context) => {
    const stage = await startStage(context);
    const byHand = (description: string) =>
      stage.emulator.admin.createKey(ACCOUNT, { mode: "live", description });
    const [known, lost] = [byHand("Payments, made by hand"), byHand("Billing, made by hand")];
    const keys = {
      payments: { mode: "live", description: "Payments", adopt: { keyId: known.id, key: known.key } },
      billing: { mode: "live", description: "Billing", adopt: { keyId: lost.id } },
    };
    await stage.up(keys);
    const [payments, billing] = [await stage.key("payments"), await stage.key("billing")];
    expect(payments).toMatchObject({ keyId: known.id, key: known.key, revision: 1, unrecordedKeys: [] });
    expect(stage.description(known.id)).toMatch(/^Payments \[ak:/);
    expect(billing.keyId).toBe(lost.id);
    expect([await stage.works(billing.key), await stage.works(lost.key)]).toEqual([true, false]);

    // Adopted is adopted: the declaration of it may go or stay.
    await stage.declare({ ...keys, payments: { mode: "live", description: "Payments" } });
    await stage.project.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    await stage.up({
      ...keys,
      payments: { mode: "live", description: "Payments", rotation: { trigger: "a", overlap: "0s" } },
    });
    const rotated = await stage.key("payments");
    expect(rotated).toMatchObject({ revision: 2, previous: [] });
    expect(await stage.works(known.key)).toBe(false);

    await stage.project.must("destroy", "--yes", "--skip-preview");
    expect(stage.active()).toEqual([]);
  });

  test("is refused before anything is touched, with the property and what to do", async (context) => {
    const stage = await startStage(context);
    const byHand = stage.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "Made by hand" });
    const foreign = stage.emulator.admin.createKey(ACCOUNT, {
      mode: "live",
      description: `Somebody's [ak:ffffffffff.ffffffffffffffff:1:aaaaaaaa]`,
    });
    await stage.declare({
      wrong: { mode: "live", adopt: { keyId: byHand.id, key: `key_live_${"0".repeat(40)}` } },
      foreign: { mode: "live", adopt: { keyId: foreign.id } },
      missing: { mode: "live", adopt: { keyId: "ak_missing" } },
      revoked: { mode: "test", adopt: { keyId: byHand.id } },
    });
    const { code, text } = await stage.project.pulumi("up", "--yes", "--skip-preview", "--continue-on-error");
    expect(code).not.toBe(0);
    expect(text).toContain(`adopt.key: this is not the value of key ${byHand.id}`);
    expect(text).toContain(`adopt.keyId: ForeignKey: key ${foreign.id} is managed by something else`);
    expect(text).toContain(`adopt.keyId: account ${ACCOUNT} has no key ak_missing`);
    expect(text).toContain(`adopt.keyId: key ${byHand.id} is a live key, and mode test is declared`);
    expect(stage.description(byHand.id)).toBe("Made by hand");
    expect(await stage.works(byHand.key)).toBe(true);

    await stage.up({ wrong: { mode: "live" } });
    await stage.declare({ wrong: { mode: "live", adopt: { keyId: byHand.id } } });
    const later = await stage.project.pulumi("preview");
    expect(later.code).not.toBe(0);
    expect(later.text).toMatch(/adopt\.keyId.*adopt is obeyed when the resource is created/s);
  });

  test("a second test key is refused with the way to adopt the one that there is", async (context) => {
    const stage = await startStage(context);
    const { id } = stage.emulator.admin.createKey(ACCOUNT, { mode: "test", description: "Made by hand" });
    await stage.declare({ sandbox: { mode: "test" } });
    const { code, text } = await stage.project.pulumi("up", "--yes", "--skip-preview");
    expect(code).not.toBe(0);
    expect(text).toContain(`adopt: { keyId: "${id}" }`);
    await stage.up({ sandbox: { mode: "test", adopt: { keyId: id } } });
    expect(await stage.key("sandbox")).toMatchObject({ keyId: id });
  });
});
