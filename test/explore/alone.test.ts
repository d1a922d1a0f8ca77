import { describe } from "vitest";
import { testAlone } from "./alone.ts";

describe("one controller with the codecs that ship", () => {
  testAlone([
    ["create", 20_000, 11_000],
    ["create test", 20_000, 11_000],
    ["heal", 24_000, 8_000],
    ["heal test", 15_000, 5_000],
    ["delete", 400, 1_500],
    ["adopt", 20_000, 9_000],
    ["adopt without value", 7_500, 3_800],
  ]);
});
