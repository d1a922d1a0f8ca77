import { expect, test } from "vitest";
import { FightMemory } from "./fights.ts";

const NOW = Date.UTC(2026, 10, 27);
const HOUR = 3_600_000;

test("what was healed within the last hour counts, with those who had set the value", () => {
  const fights = new FightMemory();
  fights.note("uid-1", "SecretEdited", ["external-secrets"], NOW);
  fights.note("uid-1", "SecretLost", [], NOW + 1);
  fights.note("uid-1", "SecretEdited", ["external-secrets", "flux"], NOW + 2);
  fights.note("uid-1", "RotationDue", ["kubectl"], NOW + 3);
  fights.note("uid-1", "KeyRevoked", [], NOW + 3);
  expect(fights.of("uid-1", NOW + 3)).toEqual({ times: 3, writers: ["external-secrets", "flux"] });
  expect(fights.of("uid-2", NOW)).toEqual({ times: 0, writers: [] });
  expect(fights.of("uid-1", NOW + HOUR)).toMatchObject({ times: 2 });
  fights.forget("uid-1");
  expect(fights.of("uid-1", NOW + 3)).toMatchObject({ times: 0 });
});
