import { expect, test } from "vitest";
import { ChangedEmergencies } from "./emergencies.ts";

test.each([["another"], [undefined]])("what was written counts, although %s is stored", (stored) => {
  const emergencies = new ChangedEmergencies();
  emergencies.note("uid-1", "leaked", stored);
  expect(emergencies.read("uid-1", stored)).toBe("leaked");
  expect(emergencies.read("uid-2", stored)).toBe(stored);
});

test("what is stored counts where it is what was written, where it has changed since, and once it is forgotten", () => {
  const emergencies = new ChangedEmergencies();
  emergencies.note("uid-1", "leaked", "another");
  expect(emergencies.read("uid-1", "edited")).toBe("edited");
  emergencies.note("uid-1", "leaked", "leaked");
  expect(emergencies.read("uid-1", "another")).toBe("another");
  emergencies.note("uid-1", "leaked", "another");
  emergencies.forget("uid-1");
  expect(emergencies.read("uid-1", "another")).toBe("another");
  emergencies.note("uid-1", undefined, "another");
  expect(emergencies.read("uid-1", "another")).toBe("another");
});
