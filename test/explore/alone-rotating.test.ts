import { describe } from "vitest";
import { testAlone } from "./alone.ts";

describe("one controller with the codecs that ship, and a value that changes", () => {
  testAlone([
    ["rotate", 26_000, 9_000],
    ["roll", 17_000, 7_000],
    ["restart", 28_000, 7_000],
    ["retire", 18_000, 20_000],
    ["move", 2_500, 5_000],
  ]);
});
