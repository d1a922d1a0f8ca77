import { describe } from "vitest";
import { testAlone } from "./alone.ts";

describe("one controller with the codecs that ship", () => {
  testAlone([
    ["create", 22_000, 13_000],
    ["create test", 50_000, 5_000],
    ["heal", 28_000, 9_000],
    ["heal test", 17_500, 6_000],
    ["delete", 550, 2_000],
    ["adopt", 23_500, 10_000],
    ["adopt without value", 8_500, 4_200],
  ]);
});
