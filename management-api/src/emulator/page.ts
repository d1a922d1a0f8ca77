import * as z from "zod";
import { MAX_PAGE_SIZE, modeSchema, type WireApiKeyList } from "../contract/schemas.ts";
import type { StoredKey } from "./persistence.ts";
import { ValidationProblem } from "./problem.ts";
import { toWire } from "./store.ts";

/**
 * Where a page begins: before or after a key's sequence number, so that keys which come or go meanwhile shift nothing.
 */
const cursorSchema = z.strictObject({ direction: z.enum(["next", "previous"]), sequence: z.int() });
type Cursor = z.infer<typeof cursorSchema>;

const limitSchema = z
  .string()
  .regex(/^\d{1,4}$/)
  .transform(Number)
  .refine((limit) => limit >= 1 && limit <= MAX_PAGE_SIZE);

/** One page of keys (newest first) and the links to its neighbours. @throws ValidationProblem */
export function pageOf(keys: readonly StoredKey[], url: URL, pageSize: number): WireApiKeyList {
  const { mode, limit, cursor } = readQuery(url.searchParams);
  const rows = keys.filter((key) => mode === undefined || key.mode === mode);
  const size = Math.min(limit ?? MAX_PAGE_SIZE, pageSize);
  const shown =
    cursor?.direction === "previous"
      ? rows.filter((key) => key.sequence > cursor.sequence).slice(-size)
      : rows.filter((key) => cursor === undefined || key.sequence < cursor.sequence).slice(0, size);
  const first = shown[0]?.sequence;
  const last = shown.at(-1)?.sequence;
  const link = (direction: Cursor["direction"], sequence: number | undefined, exists: boolean) =>
    exists && sequence !== undefined ? linkTo(url, { direction, sequence }) : null;
  return {
    links: {
      next: link("next", last, last !== undefined && rows.some((key) => key.sequence < last)),
      previous: link("previous", first, first !== undefined && rows.some((key) => key.sequence > first)),
    },
    data: shown.map(toWire),
  };
}

function linkTo(url: URL, cursor: Cursor): string {
  const link = new URL(url);
  link.searchParams.set("cursor", Buffer.from(JSON.stringify(cursor)).toString("base64url"));
  return link.href;
}

function readQuery(query: URLSearchParams): { mode?: string; limit?: number; cursor?: Cursor } {
  const errors: string[] = [];
  const read = <Output>(name: string, schema: z.ZodType<Output>, rule: string): Output | undefined => {
    const values = query.getAll(name);
    if (values.length === 0) return undefined;
    const parsed = schema.safeParse(values[0]);
    if (values.length === 1 && parsed.success) return parsed.data;
    errors.push(`${name} ${rule}`);
    return undefined;
  };
  const mode = read("mode", modeSchema, "must be test or live");
  const limit = read("limit", limitSchema, `must be a whole number from 1 to ${MAX_PAGE_SIZE}`);
  const cursor = read("cursor", encodedCursorSchema, "is not one that this API gave");
  if (errors.length > 0) throw new ValidationProblem(errors);
  return { ...(mode && { mode }), ...(limit && { limit }), ...(cursor && { cursor }) };
}

const encodedCursorSchema = z.string().transform((text, context) => {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  } catch {
    context.addIssue("not a cursor");
    return z.NEVER;
  }
});
