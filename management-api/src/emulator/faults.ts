import * as z from "zod";
import { apiKeyIdSchema } from "../contract/schemas.ts";

const operationSchema = z.enum([
  "getAccount",
  "listApiKeys",
  "getApiKey",
  "createApiKey",
  "updateApiKey",
  "rollApiKey",
  "revokeApiKey",
  "listEnvelopes",
]);

/** Which requests: what is absent matches all. A `path` (without `/v1`) may end in `*`. */
const requestMatchSchema = z.strictObject({
  operation: operationSchema.optional(),
  method: z.string().optional(),
  path: z.string().optional(),
  account: z.string().optional(),
  /** The name of the role whose token it has; `null` for the account's own token. */
  role: z.string().nullable().optional(),
});
export type RequestMatch = z.infer<typeof requestMatchSchema>;

const faultSchema = z.discriminatedUnion("kind", [
  /** Answers with a status: with a problem, with `text`, or without a body. */
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(200).max(599),
    body: z.enum(["problem", "text", "none"]).default("problem"),
    text: z.string().default(""),
    contentType: z.string().optional(),
    headers: z.record(z.string(), z.string()).default({}),
  }),
  /** Resets the connection. */
  z.strictObject({ kind: z.literal("reset") }),
  /** Never answers. */
  z.strictObject({ kind: z.literal("hang") }),
  /** Breaks off in the middle of the body. */
  z.strictObject({ kind: z.literal("truncate") }),
  /** Answers with the right status and content type, and a body that is not JSON. */
  z.strictObject({ kind: z.literal("malformed") }),
  /** Answers with a page, as a proxy does. */
  z.strictObject({ kind: z.literal("html"), status: z.int().min(200).max(599).default(200) }),
  z.strictObject({
    kind: z.literal("redirect"),
    location: z.string(),
    status: z.int().min(300).max(399).default(307),
  }),
  /** Answers with a JSON string of this many bytes. */
  z.strictObject({
    kind: z.literal("huge"),
    bytes: z
      .int()
      .min(1)
      .max(64 * 1024 * 1024),
  }),
  /** Sends the answer byte by byte. */
  z.strictObject({ kind: z.literal("slow"), msPerByte: z.int().min(1).max(60_000) }),
  /** Waits until the faults are cleared, then goes on as usual. */
  z.strictObject({ kind: z.literal("hold") }),
  /** Takes effect this many milliseconds later and never answers. */
  z.strictObject({ kind: z.literal("late"), ms: z.int().min(0).max(600_000) }),
  /** Takes effect twice, as if a proxy had repeated the request; the second answer is given. */
  z.strictObject({ kind: z.literal("duplicate") }),
  /** Create and roll answer with a key of the other mode. */
  z.strictObject({ kind: z.literal("wrong-mode") }),
  /** Answers with the right body but for the ID, which is this one, as a proxy does that mixes up answers. */
  z.strictObject({ kind: z.literal("wrong-key"), id: apiKeyIdSchema }),
  /** Create and update store this description instead of the one that was sent. */
  z.strictObject({ kind: z.literal("rewrite-description"), description: z.string() }),
  /** A list leaves out its first rows. */
  z.strictObject({ kind: z.literal("omit"), count: z.int().min(1) }),
  /** A list links to this URL as its next page; with `null` it ends here, and looks complete. */
  z.strictObject({ kind: z.literal("next-link"), url: z.string().nullable() }),
]);
export type Fault = z.infer<typeof faultSchema>;

export const faultRuleSchema = z.strictObject({
  match: requestMatchSchema.default({}),
  /** How many requests it hits. */
  times: z.int().min(1).default(1),
  /** Whether it strikes before the request takes effect, or after (and so instead of the answer). */
  when: z.enum(["before", "after"]).default("before"),
  fault: faultSchema,
});
export type FaultRule = z.infer<typeof faultRuleSchema>;
/** A rule as it is given: everything but the fault may be left out. */
export type FaultRuleInput = z.input<typeof faultRuleSchema>;

/** What of a request is compared with a `RequestMatch`. */
export interface MatchedRequest {
  readonly operation: string | null;
  readonly method: string;
  readonly path: string;
  readonly account: string | null;
  /** The name of the role whose token it has, if it has not the account's own. */
  readonly role: string | null;
}

export function matches(match: RequestMatch, request: MatchedRequest): boolean {
  const { operation, method, path, account, role } = match;
  return (
    (operation === undefined || operation === request.operation) &&
    (method === undefined || method.toUpperCase() === request.method) &&
    (account === undefined || account === request.account) &&
    (role === undefined || role === request.role) &&
    (path === undefined ||
      (path.endsWith("*") ? request.path.startsWith(path.slice(0, -1)) : path === request.path))
  );
}

/** The faults to come, oldest first. */
export class Faults {
  #rules: FaultRule[] = [];
  #release = Promise.withResolvers<void>();

  add(rule: FaultRuleInput): FaultRule {
    const parsed = faultRuleSchema.parse(rule);
    this.#rules.push(parsed);
    return parsed;
  }

  list(): readonly FaultRule[] {
    return this.#rules;
  }

  /** Forgets all faults, and lets held requests go on. */
  clear(): void {
    this.#rules = [];
    this.#release.resolve();
    this.#release = Promise.withResolvers();
  }

  /** Resolves at the next `clear`. */
  get released(): Promise<void> {
    return this.#release.promise;
  }

  /** The first rule that matches, used up by one. */
  take(request: MatchedRequest): FaultRule | undefined {
    const rule = this.#rules.find(({ match }) => matches(match, request));
    if (rule === undefined) return undefined;
    rule.times -= 1;
    if (rule.times === 0) this.#rules = this.#rules.filter((other) => other !== rule);
    return rule;
  }
}
