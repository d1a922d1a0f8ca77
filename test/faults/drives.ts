import type { IsolatedKey } from "../crash/isolated-key.ts";
import { OVERLAP } from "../crash/timing.ts";

/** What makes a controller come to a request, with a fault in the way of it. @param strike puts it there. */
export type Drive = (key: IsolatedKey, strike: () => void) => Promise<void>;

/** The first key is delivered. */
export const declares: Drive = async (key, strike) => {
  strike();
  await key.declare();
  await key.untilSettled(1);
};

/** A key that was delivered before is rotated. */
export const rotates: Drive = async (key, strike) => {
  await declares(key, () => undefined);
  strike();
  await key.change({ rotation: { overlap: OVERLAP, trigger: "two" } });
  await key.untilSettled(2);
};

/** The same with a deletion. */
export const deletes: Drive = async (key, strike) => {
  await declares(key, () => undefined);
  strike();
  await key.remove();
};
