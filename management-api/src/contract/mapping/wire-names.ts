import type { Authentication } from "../../client/credential.ts";
import type { Operation } from "../../client/errors.ts";
import { OPERATION_PATHS } from "../paths.ts";
import { MAX_PAGE_SIZE, PROBLEM_TYPE_PREFIX, type Mode } from "../schemas.ts";
import { isRecord, move, moveFields, movesBetween, type Move } from "./move.ts";
import { FIELDS, PROBLEM_SLUGS, VALUES, type MappedEnum, type MappedObject } from "./names.ts";
import { namesUnder, type ContractMapping } from "./schema.ts";

/**
 * The edge between the contract and what the API calls its things: the one place that knows a mapping. Requests leave
 * through it, and answers come in through it, before anything else reads them.
 */
export interface WireNames {
  /** How the token travels. */
  readonly authentication: Authentication;
  /** The path of an operation below the base URL, ready for a URL. */
  path(operation: Operation, apiKeyId?: string): string;
  /** The query of a list, with its question mark. `limit` is the largest number of keys on a page. */
  listQuery(options: { limit?: number; mode?: Mode | undefined }): string;
  /** The body of a request under the API's names. */
  request(operation: Operation, body: object): object;
  /** The body of a success under the contract's names. */
  answer(operation: Operation, body: unknown): unknown;
  /** The body of a problem under the contract's names. */
  problem(body: unknown): unknown;
}

const BEARER: Authentication = { header: "Authorization", scheme: "Bearer" };

/** The names of the contract itself: nothing is copied and nothing is changed. */
export const CONTRACT_NAMES: WireNames = {
  authentication: BEARER,
  path: (operation, apiKeyId) => fill(OPERATION_PATHS[operation], apiKeyId),
  listQuery: ({ limit = MAX_PAGE_SIZE, mode }) =>
    mode === undefined ? `?limit=${limit}` : `?limit=${limit}&mode=${mode}`,
  request: (_operation, body) => body,
  answer: (_operation, body) => body,
  problem: (body) => body,
};

/** The names under a mapping. */
export function wireNames(mapping: ContractMapping): WireNames {
  const toOurs = (object: MappedObject): readonly Move[] =>
    movesBetween(fieldNames(mapping, object).map(({ ours, theirs }) => ({ from: theirs, to: ours })));
  const toTheirs = (object: MappedObject): readonly Move[] =>
    movesBetween(fieldNames(mapping, object).map(({ ours, theirs }) => ({ from: ours, to: theirs })));
  const read = {
    account: toOurs("account"),
    key: toOurs("key"),
    list: toOurs("list"),
    problem: toOurs("problem"),
  };
  const write = { create: toTheirs("create"), update: toTheirs("update") };
  const [limitName, modeName] = fieldNames(mapping, "query").map(({ theirs }) => theirs);
  const values = {
    mode: new Names(VALUES.mode, mapping.values?.mode),
    status: new Names(VALUES.status, mapping.values?.status),
    live_mode: new Names(VALUES.live_mode, mapping.values?.live_mode),
    permissions: new Names(VALUES.permissions, mapping.values?.permissions),
  } satisfies Record<MappedEnum, Names>;
  const slugs = new Names(PROBLEM_SLUGS, mapping.problems);

  const key = (body: unknown): unknown =>
    change(change(move(body, read.key), "mode", values.mode), "status", values.status);
  const account = (body: unknown): unknown =>
    change(
      change(move(body, read.account), "live_mode", values.live_mode),
      "permissions",
      values.permissions,
    );
  const list = (body: unknown): unknown => {
    const moved = move(body, read.list);
    if (!isRecord(moved) || !Array.isArray(moved["data"])) return moved;
    return { ...moved, data: moved["data"].map(key) };
  };
  return {
    authentication: authenticationOf(mapping),
    path: (operation, apiKeyId) => fill(mapping.paths?.[operation] ?? OPERATION_PATHS[operation], apiKeyId),
    listQuery: ({ limit = MAX_PAGE_SIZE, mode }) =>
      `?${limitName}=${limit}${mode === undefined ? "" : `&${modeName}=${encodeURIComponent(values.mode.toTheirs(mode))}`}`,
    request: (operation, body) => {
      const fields = Object.fromEntries(
        Object.entries(body).map(([name, value]): [string, unknown] => [
          name,
          name === "mode" ? values.mode.toTheirs(String(value)) : value,
        ]),
      );
      return moveFields(fields, operation === "createApiKey" ? write.create : write.update);
    },
    answer: (operation, body) => {
      if (operation === "getAccount") return account(body);
      return operation === "listApiKeys" ? list(body) : key(body);
    },
    problem: (body) => {
      const moved = move(body, read.problem);
      if (!isRecord(moved) || typeof moved["type"] !== "string") return moved;
      const { type } = moved;
      if (!type.startsWith(PROBLEM_TYPE_PREFIX)) return moved;
      const slug = slugs.toOurs(type.slice(PROBLEM_TYPE_PREFIX.length));
      return { ...moved, type: PROBLEM_TYPE_PREFIX + slug };
    },
  };
}

function fieldNames(mapping: ContractMapping, object: MappedObject) {
  return namesUnder<string>(FIELDS[object], mapping.fields?.[object]);
}

function authenticationOf({ authentication }: ContractMapping): Authentication {
  const { header = BEARER.header, scheme = BEARER.scheme } = authentication ?? {};
  return scheme === undefined || scheme === "" ? { header } : { header, scheme };
}

function fill(path: string, apiKeyId: string | undefined): string {
  return apiKeyId === undefined ? path : path.replace("{id}", () => encodeURIComponent(apiKeyId));
}

/** The words for some known values. */
class Names {
  readonly #theirs: ReadonlyMap<string, string>;
  readonly #ours: ReadonlyMap<string, string>;

  constructor(known: readonly string[], given: Partial<Record<string, string | undefined>> | undefined) {
    const names = namesUnder(known, given);
    this.#theirs = new Map(names.map(({ ours, theirs }) => [ours, theirs]));
    this.#ours = new Map(names.map(({ ours, theirs }) => [theirs, ours]));
  }

  toTheirs(word: string): string {
    return this.#theirs.get(word) ?? word;
  }

  /** A word of ours that the API does not use for this value is marked as unknown: it must not pass for the value. */
  toOurs(word: string): string {
    return this.#ours.get(word) ?? (this.#theirs.has(word) ? `unmapped-${word}` : word);
  }
}

function change(body: unknown, field: string, names: Names): unknown {
  if (!isRecord(body) || !Object.hasOwn(body, field)) return body;
  const value = body[field];
  if (typeof value === "string") return { ...body, [field]: names.toOurs(value) };
  if (!Array.isArray(value)) return body;
  const words = value.map((word: unknown) => (typeof word === "string" ? names.toOurs(word) : word));
  return { ...body, [field]: words };
}
