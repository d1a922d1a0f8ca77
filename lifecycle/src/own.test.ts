import { expect, test } from "vitest";
import { own } from "./own.ts";

test.each(["constructor", "toString", "__proto__", "hasOwnProperty"])(
  "a record has no %s but the one that it was given",
  (name) => {
    expect(own({}, name)).toBeUndefined();
    expect(own(Object.fromEntries([[name, 1]]), name)).toBe(1);
  },
);
