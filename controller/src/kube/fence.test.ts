import { expect, test } from "vitest";
import { Fence } from "./fence.ts";

test("a fence is open until it is closed, and then stays closed", () => {
  const fence = new Fence();
  expect(fence.open).toBe(true);
  fence.close();
  fence.guard(() => true);
  expect([fence.open, fence.closed.aborted]).toEqual([false, true]);
});

test("a fence closes for good as soon as somebody asks while its guard does not hold", () => {
  const fence = new Fence();
  let holds = true;
  fence.guard(() => holds);
  expect(fence.open).toBe(true);
  holds = false;
  expect([fence.open, fence.closed.aborted]).toEqual([false, true]);
  holds = true;
  expect(fence.open).toBe(false);
});
