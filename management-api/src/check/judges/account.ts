import { accountSchema } from "../../contract/schemas.ts";
import { isRecord } from "../../contract/mapping/move.ts";
import { VALUES } from "../../contract/mapping/names.ts";
import { differs, holds } from "../verdict.ts";
import { isForm, missing, ofStep, type Judge } from "./words.ts";

/** A rule about one field of the account. */
function field(name: string, expected: string, fits: (value: unknown) => boolean): Judge {
  return (seen) => {
    const account = seen.steps.account;
    if (account === undefined || account.status !== 200) return missing(seen, "account");
    const value = isRecord(account.body) ? account.body[name] : undefined;
    return fits(value) ? holds() : differs(expected, value === undefined ? `no ${name}` : `another ${name}`);
  };
}

/** The rules for `GET /account`. */
export const ACCOUNT = {
  account: ofStep("account", (answer) =>
    isForm(answer, 200, accountSchema, "200 with id, name, live_mode and permissions"),
  ),
  "account-id": field(
    "id",
    "1 to 255 visible ASCII characters, not beginning with key_",
    (id) => typeof id === "string" && /^(?!key_)[\x21-\x7e]{1,255}$/.test(id),
  ),
  "live-mode": field("live_mode", VALUES.live_mode.join(", "), (mode) =>
    VALUES.live_mode.some((known) => known === mode),
  ),
  permissions: field(
    "permissions",
    "manage_api_keys among them",
    (permissions) => Array.isArray(permissions) && permissions.includes("manage_api_keys"),
  ),
} satisfies Record<string, Judge>;
