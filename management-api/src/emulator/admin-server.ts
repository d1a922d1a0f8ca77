import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { createApiKeyRequestSchema } from "../contract/schemas.ts";
import { accountChangesSchema, accountSchema, configChangesSchema, type EmulatorAdmin } from "./admin.ts";
import { writeAnswer } from "./deliver.ts";
import { faultRuleSchema } from "./faults.ts";
import { readText } from "./http-server.ts";
import type { EmulatorAccount } from "./options.ts";
import { Problem, ValidationProblem, type Answer } from "./problem.ts";
import { answerOf } from "./public-server.ts";

type Handler = (admin: EmulatorAdmin, parameters: string[], body: string) => Answer;

const ROUTES: readonly [method: string, path: RegExp, handler: Handler][] = [
  ["GET", /^\/faults$/, (admin) => ({ status: 200, body: { data: admin.faults() } })],
  [
    "POST",
    /^\/faults$/,
    (admin, _, body) => ({ status: 201, body: admin.addFault(parse(body, faultRuleSchema)) }),
  ],
  ["DELETE", /^\/faults$/, (admin) => done(admin.clearFaults())],
  [
    "GET",
    /^\/requests$/,
    (admin) => ({ status: 200, body: { counters: admin.counters(), data: admin.requests() } }),
  ],
  ["DELETE", /^\/requests$/, (admin) => done(admin.clearRequests())],
  ["GET", /^\/keys$/, (admin) => ({ status: 200, body: { data: admin.keys() } })],
  [
    "PATCH",
    /^\/config$/,
    (admin, _, body) => ({ status: 200, body: admin.configure(parse(body, configChangesSchema)) }),
  ],
  [
    "POST",
    /^\/accounts$/,
    (admin, _, body) => done(admin.addAccount(withoutUndefined(parse(body, accountSchema)))),
  ],
  [
    "PATCH",
    /^\/accounts\/([^/]+)$/,
    (admin, [id = ""], body) => ({
      status: 200,
      body: admin.updateAccount(id, parse(body, accountChangesSchema)),
    }),
  ],
  [
    "POST",
    /^\/accounts\/([^/]+)\/keys$/,
    (admin, [id = ""], body) => ({
      status: 201,
      body: admin.createKey(id, parse(body, createApiKeyRequestSchema)),
    }),
  ],
  [
    "POST",
    /^\/accounts\/([^/]+)\/keys\/([^/]+)\/revoke$/,
    (admin, [id = "", keyId = ""]) => done(admin.revokeKey(id, keyId)),
  ],
];

/** Answers one request to the admin API. */
export async function handleAdmin(
  admin: EmulatorAdmin,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = await readText(request);
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const atPath = ROUTES.filter(([, pattern]) => pattern.test(path));
    if (atPath.length === 0) throw new Problem("not-found", "There is no such path in the admin API.");
    const found = atPath.find(([method]) => method === request.method);
    if (found === undefined) {
      const allow = atPath.map(([method]) => method).join(", ");
      throw new Problem("method-not-allowed", `This path takes ${allow}.`, { allow });
    }
    const parameters = found[1].exec(path)?.slice(1).map(decodeURIComponent) ?? [];
    writeAnswer(response, found[2](admin, parameters, body));
  } catch (error) {
    writeAnswer(response, answerOf(error));
  }
}

function done(_nothing: void): Answer {
  return { status: 204 };
}

function parse<Output>(body: string, schema: z.ZodType<Output>): Output {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new ValidationProblem(["the body is not JSON"]);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new ValidationProblem([z.prettifyError(parsed.error)]);
}

/** With exact optional properties, absent is not `undefined`. */
function withoutUndefined(account: z.infer<typeof accountSchema>): EmulatorAccount {
  const { id, token, name, liveMode, permissions, testKeys, roles } = account;
  return {
    id,
    token,
    ...(name !== undefined && { name }),
    ...(liveMode !== undefined && { liveMode }),
    ...(permissions !== undefined && { permissions }),
    ...(testKeys !== undefined && { testKeys }),
    ...(roles !== undefined && { roles }),
  };
}
