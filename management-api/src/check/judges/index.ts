import type { RowId } from "../rows.ts";
import { notTried } from "../verdict.ts";
import { ACCOUNT } from "./account.ts";
import { CONNECTION } from "./connection.ts";
import { KEYS } from "./keys.ts";
import { LISTS } from "./lists.ts";
import { TEST_KEY } from "./created-key.ts";
import type { Judge } from "./words.ts";

const never =
  (would: string): Judge =>
  () =>
    notTried("the check never tries it", would);

/** The rule of each row. They are pure: equal answers give equal verdicts. */
export const JUDGES: Readonly<Record<RowId, Judge>> = {
  ...CONNECTION,
  ...ACCOUNT,
  ...LISTS,
  ...KEYS,
  ...TEST_KEY,
  "live-mode-disabled": never("a live key in an account without live mode"),
  "live-mode-paused": never("a live key in an account whose live mode is paused"),
  forbidden: never("a token without the permission Manage API keys"),
  "create-repeated": never("a proxy that repeats requests"),
};
