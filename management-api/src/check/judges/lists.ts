import * as z from "zod";
import { linksSchema, MAX_PAGE_SIZE } from "../../contract/schemas.ts";
import { keysOf, nextOf } from "../read-walk.ts";
import type { Seen } from "../seen.ts";
import { differs, holds, notTried, type Verdict } from "../verdict.ts";
import { each, inShort, isForm, NO_KEYS, ofStep, type Judge } from "./words.ts";

/** The keys in it have rows of their own. */
const envelopeSchema = z.looseObject({ links: linksSchema, data: z.array(z.unknown()) });
const TWO_KEYS = notTried("the account has no two keys of different times", "an account with two keys");

/** The rules for `GET /api-keys`. */
export const LISTS = {
  list: ofStep("list", (answer) => isForm(answer, 200, envelopeSchema, "200 with links and data")),
  "list-limit": ofStep("list", (answer, seen) => {
    if (answer.status !== 200) return differs(`200 for a limit of ${MAX_PAGE_SIZE}`, inShort(answer));
    const first = keysOf(seen.steps.firstOfTwo).length;
    if (first > 1) return differs("1 key for a limit of 1", `${first} keys`);
    const count = keysOf(answer).length;
    return count <= MAX_PAGE_SIZE ? holds() : differs(`at most ${MAX_PAGE_SIZE} keys`, `${count} keys`);
  }),
  "list-next": ofStep("firstOfTwo", (first, seen) => judgeNext(keysOf(first), seen)),
  "list-order": ofStep("list", (answer) => {
    const times = keysOf(answer).map(({ created_at: time }) => Date.parse(String(time)));
    if (new Set(times).size < 2) return TWO_KEYS;
    const sorted = times.every((time, index) => index === 0 || time <= (times[index - 1] ?? time));
    return sorted ? holds() : differs("newest first", "another order");
  }),
  "list-mode": ofStep("testOnly", (testOnly, seen) => {
    const asked = [
      ...keysOf(testOnly).map(({ mode }) => ({ mode, wanted: "test" })),
      ...keysOf(seen.steps.liveOnly).map(({ mode }) => ({ mode, wanted: "live" })),
    ];
    return each(asked, ({ mode, wanted }) => mode === wanted, {
      expected: "keys of the mode in the request",
      seen: (wrong, all) => `${wrong} of ${all} keys of another mode`,
      none: NO_KEYS,
    });
  }),
  "list-active": ofStep("list", (answer) =>
    each(keysOf(answer), ({ status }) => status === "active", {
      expected: "active keys only",
      seen: (wrong, all) => `${wrong} of ${all} keys of another status`,
      none: NO_KEYS,
    }),
  ),
} satisfies Record<string, Judge>;

function judgeNext(first: readonly Record<string, unknown>[], seen: Seen): Verdict {
  const all = seen.steps.list === undefined ? [] : keysOf(seen.steps.list);
  if (seen.nextLink === undefined) {
    return all.length > 1 ? differs("a links.next after the first of two keys", "none") : TWO_KEYS;
  }
  if (seen.nextLink === "elsewhere") return differs("a link below the base URL", "a link to another place");
  const second = seen.steps.secondOfTwo;
  if (second?.status !== 200)
    return differs("200 for links.next", second === undefined ? "none" : inShort(second));
  const repeated = keysOf(second).some(({ id }) => first.some((key) => key["id"] === id));
  if (repeated || keysOf(second).length === 0) return differs("the keys after the first page", "others");
  const { list } = seen.steps;
  const two = all.length === 2 && list !== undefined && nextOf(list) === undefined;
  return two && nextOf(second) !== undefined ? differs("null on the last page", "a link") : holds();
}
