import { expect, test } from "vitest";
import { SharedListing } from "./shared-listing.ts";

/** Listings that a test ends one by one. */
function controlled(): {
  listing: SharedListing;
  begun: number[];
  end: (index: number, failure?: Error) => void;
} {
  const begun: number[] = [];
  const pending: PromiseWithResolvers<{ apiKeys: [] }>[] = [];
  let clock = 0;
  const listAllApiKeys = async (): Promise<{ apiKeys: [] }> => {
    begun.push(clock);
    const one = Promise.withResolvers<{ apiKeys: [] }>();
    pending.push(one);
    return one.promise;
  };
  const listing = new SharedListing({ listAllApiKeys }, () => (clock += 1));
  const end = (index: number, failure?: Error): void =>
    failure === undefined ? pending[index]?.resolve({ apiKeys: [] }) : pending[index]?.reject(failure);
  return { listing, begun, end };
}

test("questions of one turn share one listing", async () => {
  const { listing, begun, end } = controlled();
  const answers = [listing.next(), listing.next()];
  await Promise.resolve();
  await Promise.resolve();
  end(0);
  const [one, two] = await Promise.all(answers);
  expect(one).toBe(two);
  expect(begun).toHaveLength(1);
});

test("a question asked while a listing runs gets the next one, which began after it", async () => {
  const { listing, begun, end } = controlled();
  const first = listing.next();
  await expect.poll(() => begun.length).toBe(1);
  const second = listing.next();
  end(0);
  await first;
  await expect.poll(() => begun.length).toBe(2);
  end(1);
  expect((await second).startedAt).toBeGreaterThan((await first).startedAt);
});

test("a listing that fails is nobody else's: the next question lists anew", async () => {
  const { listing, begun, end } = controlled();
  const first = listing.next();
  await expect.poll(() => begun.length).toBe(1);
  const second = listing.next();
  end(0, new Error("page 2"));
  await expect(first).rejects.toThrow("page 2");
  await expect.poll(() => begun.length).toBe(2);
  end(1);
  expect((await second).apiKeys).toEqual([]);
});
