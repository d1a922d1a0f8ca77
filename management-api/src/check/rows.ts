/** What the check can do to learn about a row. */
type Tried =
  /** Requests that change nothing. */
  | "reads"
  /** A test key that the check creates and revokes, with `--create-test-key`. */
  | "test-key"
  /** No check tries it: it would need a live key, another account, or a fault. */
  | "never";

/** One statement about the API, which the code rests on. Page, check and tests name it by its ID, which never changes. */
export interface Row {
  readonly id: string;
  /** `documented`: the vendor's pages state it. `assumed`: this project does. */
  readonly basis: "documented" | "assumed";
  readonly claim: string;
  /** What happens if the statement is wrong. */
  readonly ifWrong: string;
  readonly tried: Tried;
}

const CHANGE = "change `management-api`";
const MAPPING = "map the name, or change `management-api`";
const GENERAL = "the reason in a condition is a more general one";

/** All statements, by what they are about, in the order of the page and of the check's table. @internal */
export const GROUPS = {
  "The connection": [
    row("tls", "documented", "reads", {
      claim: "The API is served over HTTPS, with a certificate that is trusted.",
      ifWrong: "nothing is sent",
    }),
    row("auth-header", "assumed", "reads", {
      claim:
        "The management token is sent as `Authorization: Bearer <token>`. A key cannot mint keys, so it is not `X-API-Key`.",
      ifWrong: "map header and scheme",
    }),
    row("invalid-token", "assumed", "reads", {
      claim: "A wrong token is answered by 401 `invalid-token`.",
      ifWrong: GENERAL,
    }),
    row("problem-json", "documented", "reads", {
      claim:
        "Errors are `application/problem+json` with `type`, `title`, `status` and `detail`. `type` is `https://signatureapi.com/docs/v1/errors/` and a slug.",
      ifWrong: "a refusal is not recognised, so its outcome counts as unknown",
    }),
    row("validation-error", "documented", "reads", {
      claim: "A mistake in a request is answered by 422 `validation-error` with `errors`.",
      ifWrong: GENERAL,
    }),
    row("too-many-requests", "documented", "reads", {
      claim: "Beyond the rate limit, the answer is 429 `too-many-requests` without `Retry-After`.",
      ifWrong: "requests are repeated after 1 s, doubling, all the same",
    }),
    row("rate-limit", "documented", "reads", {
      claim: "10 requests a second are allowed, with a burst of 10.",
      ifWrong: "set `rateLimit` of the account lower",
    }),
    row("snake-case", "documented", "reads", {
      claim: "The fields of answers are in snake_case.",
      ifWrong: MAPPING,
    }),
    row("times", "documented", "reads", {
      claim: "Times are in ISO 8601 with milliseconds and `Z`.",
      ifWrong: CHANGE,
    }),
    row("unknown-query", "assumed", "reads", {
      claim: "A parameter that the API does not know is ignored, or refused with a problem.",
      ifWrong: "nothing: the client sends none",
    }),
  ],
  "The account": [
    row("account", "assumed", "reads", {
      claim: "`GET /account` answers 200 with `id`, `name`, `live_mode` and `permissions`.",
      ifWrong: MAPPING,
    }),
    row("account-id", "assumed", "reads", {
      claim: "The ID of an account is 1 to 255 visible ASCII characters, and never begins with `key_`.",
      ifWrong: CHANGE,
    }),
    row("live-mode", "assumed", "reads", {
      claim: "`live_mode` is `enabled`, `disabled` or `paused`.",
      ifWrong: "map the values",
    }),
    row("permissions", "assumed", "reads", {
      claim: "`permissions` of a token that manages keys contains `manage_api_keys`.",
      ifWrong: "map the value",
    }),
  ],
  "Lists of keys": [
    row("list", "assumed", "reads", {
      claim: '`GET /api-keys` answers 200 with `{"links": {"next", "previous"}, "data": []}`.',
      ifWrong: MAPPING,
    }),
    row("list-limit", "documented", "reads", {
      claim: "A page has at most `limit` keys, and `limit` may be 20.",
      ifWrong: CHANGE,
    }),
    row("list-next", "documented", "reads", {
      claim: "`links.next` leads to the next page, below the base URL, and is `null` on the last one.",
      ifWrong: "a link to another place is refused, and the list with it",
    }),
    row("list-order", "documented", "reads", {
      claim: "Keys are listed newest first.",
      ifWrong: "nothing: lists are read completely",
    }),
    row("list-mode", "assumed", "reads", {
      claim: "`mode` limits a list to keys of this mode.",
      ifWrong: "map the parameter, or change `management-api`",
    }),
    row("list-active", "assumed", "reads", {
      claim: "A list holds active keys only.",
      ifWrong: CHANGE,
    }),
  ],
  "A key": [
    row("key-fields", "assumed", "reads", {
      claim:
        "A key is `{id, description, mode, status, created_at, revoked_at, hint}`; `revoked_at` of an active key is `null`.",
      ifWrong: MAPPING,
    }),
    row("key-enums", "assumed", "reads", {
      claim: "`mode` is `test` or `live`, `status` is `active` or `revoked`.",
      ifWrong: "map the values",
    }),
    row("key-hint", "assumed", "reads", {
      claim: "`hint` has four characters.",
      ifWrong: "the controller would not recognise a cut-off commit, and would revoke its key",
    }),
    row("key-id", "assumed", "reads", {
      claim: "The ID of a key is 1 to 255 visible ASCII characters, and never begins with `key_`.",
      ifWrong: "redaction would take it for a value",
    }),
    row("value-once", "documented", "reads", {
      claim: "Only the answers of create and roll contain a value.",
      ifWrong: "the value is dropped",
    }),
    row("get-key", "assumed", "reads", {
      claim: "`GET /api-keys/{id}` answers 200 with the key as the list has it.",
      ifWrong: CHANGE,
    }),
    row("not-found", "assumed", "reads", {
      claim: "An ID that does not exist is answered by 404 `not-found`.",
      ifWrong: "a key that is gone is not recognised as gone, and not replaced",
    }),
  ],
  "Create a key": [
    row("create", "assumed", "test-key", {
      claim:
        "`POST /api-keys` with `{mode, description}` answers 201 with the key and its value in `key`. The header `Idempotency-Key` is sent, and never relied on.",
      ifWrong: MAPPING,
    }),
    row("create-location", "documented", "test-key", {
      claim: "A 201 has a `Location` that ends in the ID of the new key.",
      ifWrong: "nothing: the ID in the body counts",
    }),
    row("create-value", "assumed", "test-key", {
      claim:
        "A value begins with `key_test_` or `key_live_`, and has 16 to 1024 characters of `A-Z a-z 0-9 _ . ~ + / = -`. The ID in its answer has 1 to 255 of them, `:` or `@`.",
      ifWrong:
        "the answer cannot be used, since values are written into files as they are. The key is revoked",
    }),
    row("create-hint", "assumed", "test-key", {
      claim: "`hint` is the last four characters of the value.",
      ifWrong: "the controller would not recognise a cut-off commit, and would revoke its key",
    }),
    row("create-description", "assumed", "test-key", {
      claim: "A description comes back unchanged, with its tag, in the 201 and in a GET.",
      ifWrong: "`TagNotPreserved`: nothing more is minted for the account",
    }),
    row("create-visible", "assumed", "test-key", {
      claim: "A GET shows a new key within 45 seconds of its create; a later 404 means that it is gone.",
      ifWrong: "the key would be replaced. It stays in `status.previous`, and is revoked once it is shown",
    }),
    row("create-listed", "assumed", "test-key", {
      claim: "A list shows a new key within 45 seconds of its create.",
      ifWrong: "a key that a lost answer left is found by a later inventory only",
    }),
    row("test-key-exists", "assumed", "test-key", {
      claim: "An account has one test key. A second create is answered by 409 `test-key-exists`.",
      ifWrong: GENERAL,
    }),
    row("value-works", "documented", "test-key", {
      claim: "The data plane accepts a new value in the header `X-API-Key`.",
      ifWrong: "the key cannot be used",
    }),
  ],
  "Change and revoke a key": [
    row("update", "assumed", "test-key", {
      claim:
        "`PATCH /api-keys/{id}` with `{description}` of up to 255 characters answers 200, and a GET shows the new description.",
      ifWrong: CHANGE,
    }),
    row("roll", "assumed", "test-key", {
      claim: "`POST /api-keys/{id}/roll` answers 200 with a new value in `key`. The ID stays.",
      ifWrong: "test keys would need an overlap of their own",
    }),
    row("roll-old-value", "assumed", "test-key", {
      claim: "After a roll, the old value stops at once.",
      ifWrong: "test keys would need an overlap of their own",
    }),
    row("revoke", "assumed", "test-key", {
      claim: "`DELETE /api-keys/{id}` answers 204.",
      ifWrong: CHANGE,
    }),
    row("revoked-state", "assumed", "test-key", {
      claim: "A GET of a revoked key says `revoked` with its time, or answers 404 `not-found`.",
      ifWrong: CHANGE,
    }),
    row("revoked-unlisted", "assumed", "test-key", {
      claim: "A revoked key is no longer listed.",
      ifWrong: CHANGE,
    }),
    row("revoke-again", "assumed", "test-key", {
      claim: "A second `DELETE` is answered by 404 `not-found`.",
      ifWrong: "a revocation whose first answer was lost is reported as a failure",
    }),
    row("revoked-value", "documented", "test-key", {
      claim: "Revoking is immediate: the data plane refuses the value.",
      ifWrong: "a revoked key works for a while",
    }),
  ],
  "What no check tries": [
    row("live-mode-disabled", "assumed", "never", {
      claim: "A live key in an account without live mode is answered by 403 `live-mode-disabled`.",
      ifWrong: GENERAL,
    }),
    row("live-mode-paused", "documented", "never", {
      claim: "A live key in an account whose live mode is paused is answered by 402 `live-mode-paused`.",
      ifWrong: GENERAL,
    }),
    row("forbidden", "documented", "never", {
      claim: "A token without the permission *Manage API keys* is answered by 403 `forbidden`.",
      ifWrong: GENERAL,
    }),
    row("create-repeated", "assumed", "never", {
      claim: "A proxy may have repeated a refused create, so that a key exists all the same.",
      ifWrong: "nothing: the inventory finds such a key by its attempt, and revokes it",
    }),
  ],
} as const satisfies Readonly<Record<string, readonly Row[]>>;

function row<Id extends string>(
  id: Id,
  basis: Row["basis"],
  tried: Tried,
  { claim, ifWrong }: { claim: string; ifWrong: string },
): Row & { readonly id: Id } {
  return { id, basis, tried, claim, ifWrong };
}

type Groups = typeof GROUPS;
/** The ID of a statement. */
export type RowId = Groups[keyof Groups][number]["id"];

/** All statements in their order. */
export const ROWS: readonly (Row & { readonly id: RowId })[] = Object.values(GROUPS).flat();
