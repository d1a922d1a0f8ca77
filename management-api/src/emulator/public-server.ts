import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { writeAnswer, writeFaulty } from "./deliver.ts";
import type { FaultRule, Faults } from "./faults.ts";
import { readText } from "./http-server.ts";
import { authenticate, listEnvelopes, perform, route, type RoutedRequest } from "./operations.ts";
import type { EmulatorConfig } from "./options.ts";
import type { StoredAccount } from "./persistence.ts";
import { problem, Problem, ValidationProblem, type Answer } from "./problem.ts";
import type { RateLimits } from "./rate-limit.ts";
import type { RequestLog } from "./request-log.ts";
import type { Store } from "./store.ts";

/** Everything that the two servers share. */
export interface World {
  readonly store: Store;
  readonly config: EmulatorConfig;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly limits: RateLimits;
  /** Timers of effects to come; cleared at the end. */
  readonly timers: Set<NodeJS.Timeout>;
}

const BASE_PATH = "/v1";

/** Answers one request to the API. */
export async function handlePublic(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET" } = request;
  const url = urlOf(request);
  const path = url.pathname.startsWith(`${BASE_PATH}/`) ? url.pathname.slice(BASE_PATH.length) : null;
  const caller = authenticate(world.store, request.headers);
  const routed = tryRoute(method, path);
  const seen = {
    operation: "operation" in routed ? routed.operation : null,
    method,
    path: path ?? url.pathname,
    account: caller?.account.id ?? null,
    role: caller?.role ?? null,
  };
  const entry = world.log.add(seen);
  const rule = world.faults.take(seen);
  // Taken together with the rule: faults that are cleared while the body arrives let this request go on, too.
  const { released } = world.faults;
  entry.fault = rule?.fault.kind ?? null;
  response.once("finish", () => {
    entry.status = response.statusCode;
  });

  const body = await readText(request).catch((error: unknown) => answerOf(error));
  if (world.config.latencyMs > 0) await delay(world.config.latencyMs);
  const effect = (change: (body: string) => string = (text) => text): Answer => {
    if (typeof body !== "string") return body;
    if ("status" in routed) return routed;
    return attempt(world, caller?.account, { ...routed, url, headers: request.headers, body: change(body) });
  };
  if (rule === undefined) writeAnswer(response, effect());
  else await applyRule(world, rule, { effect, released }, response);
}

async function applyRule(
  world: World,
  { fault, when }: FaultRule,
  { effect, released }: { effect: (change?: (body: string) => string) => Answer; released: Promise<void> },
  response: ServerResponse,
): Promise<void> {
  switch (fault.kind) {
    case "hold": {
      const early = when === "after" ? effect() : undefined;
      await released;
      writeAnswer(response, early ?? effect());
      return;
    }
    case "late": {
      const timer = setTimeout(() => {
        world.timers.delete(timer);
        effect();
      }, fault.ms);
      world.timers.add(timer);
      return;
    }
    case "duplicate":
      effect();
      writeAnswer(response, effect());
      return;
    case "rewrite-description":
      writeAnswer(
        response,
        effect((body) => JSON.stringify({ ...asObject(body), description: fault.description })),
      );
      return;
    case "wrong-mode":
    case "omit":
    case "next-link":
    case "slow":
      await writeFaulty(response, effect(), fault);
      return;
    default:
      await writeFaulty(response, when === "after" ? effect() : { status: 200, body: {} }, fault);
  }
}

function attempt(world: World, account: StoredAccount | undefined, request: RoutedRequest): Answer {
  try {
    const { operation } = request;
    if (operation === "listEnvelopes") return listEnvelopes(world.store, request.headers);
    if (account === undefined) {
      throw new Problem("invalid-token", "The management token is missing or wrong.", {
        "www-authenticate": "Bearer",
      });
    }
    if (!world.limits.take(account.id, world.config, performance.now())) {
      throw new Problem("too-many-requests", "Too many requests: wait a moment.");
    }
    const { store, config } = world;
    return perform(operation, { store, config, account, request });
  } catch (error) {
    return answerOf(error);
  }
}

function tryRoute(method: string, path: string | null): Answer | ReturnType<typeof route> {
  try {
    return route(method, path ?? "");
  } catch (error) {
    return answerOf(error);
  }
}

/** The answer that an error stands for; what is not a problem is our own mistake, and must not take the server down. */
export function answerOf(error: unknown): Answer {
  if (error instanceof Problem || error instanceof ValidationProblem) return error.answer;
  return problem("internal-error", {
    detail: error instanceof Error ? error.message : "An error of the emulator.",
  });
}

/** Links are built from the host that the client used, so that they work through a port-forward or a Service. */
function urlOf(request: IncomingMessage): URL {
  const path = request.url?.startsWith("/") ? request.url : "/";
  return URL.parse(`http://${request.headers.host ?? "localhost"}${path}`) ?? new URL("http://localhost/");
}

function asObject(body: string): object {
  const json: unknown = JSON.parse(body);
  return typeof json === "object" && json !== null ? json : {};
}
