import { describe } from "vitest";
import { testAlone } from "./alone.ts";

describe("one controller with the codecs that ship, and a value that changes", () => {
  testAlone([
    ["rotate", 30_000, 10_500],
    ["roll", 21_000, 8_500],
    ["restart", 31_500, 8_000],
    ["retire", 21_500, 24_000],
    ["move", 3_000, 6_000],
  ]);
});
