import type { KeyValue } from "../key-value.ts";

/** One answer of the API, under the contract's names. */
export interface Observation {
  readonly status: number;
  /** Without its parameters, in lower case. */
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The JSON under the contract's names, without values; `undefined` if there is none. */
  readonly body: unknown;
  /** The value, if this was the answer to a create or a roll. */
  readonly minted?: { readonly value: KeyValue; readonly fits: boolean; readonly hint: string } | undefined;
  /** Whether something in the answer is a value, or has its name. */
  readonly showsValue: boolean;
}

/** The requests that are sent once each. */
export type Step =
  | "account"
  | "wrongToken"
  | "list"
  | "firstOfTwo"
  | "secondOfTwo"
  | "testOnly"
  | "liveOnly"
  | "badQuery"
  | "unknownQuery"
  | "key"
  | "unknownKey"
  | "create"
  | "created"
  | "createAgain"
  | "works"
  | "update"
  | "updated"
  | "roll"
  | "oldValue"
  | "revoke"
  | "revoked"
  | "revokeAgain"
  | "revokedValue";

/** Everything that a run has seen. The judges read it, and nothing else. */
export interface Seen {
  readonly baseUrl: string;
  readonly steps: Partial<Record<Step, Observation>>;
  /** Answers with 429. The requests were repeated. */
  readonly throttled: Observation[];
  /** Why a request got no answer. */
  failure?: { readonly kind: string; readonly reason: string };
  /** Where `links.next` of the first of two pages leads, if there is one. */
  nextLink?: "below the base URL" | "elsewhere";
  /** Why no test key was created, and what would create one. */
  noTestKey?: { readonly why: string; readonly would: string };
  /** The descriptions that were sent. */
  sent?: { readonly created: string; readonly updated: string };
  /** How long until a GET and a list showed the new key, in milliseconds; `null` if they did not in time. */
  visibleMs?: number | null;
  listedMs?: number | null;
  /** Whether the list after the revocation still has the key. */
  stillListed?: boolean;
}

export function nothingSeen(baseUrl: string): Seen {
  return { baseUrl, steps: {}, throttled: [] };
}
