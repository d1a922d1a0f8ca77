import type { IncomingMessage, ServerResponse } from "node:http";
import { handleAdmin } from "./admin-server.ts";
import { EmulatorAdmin } from "./admin.ts";
import { writeAnswer } from "./deliver.ts";
import { Faults } from "./faults.ts";
import { listen } from "./http-server.ts";
import { DEFAULT_ACCOUNT, DEFAULT_CONFIG, type EmulatorOptions } from "./options.ts";
import { answerOf, handlePublic, type World } from "./public-server.ts";
import { RateLimits } from "./rate-limit.ts";
import { RequestLog } from "./request-log.ts";
import { Store } from "./store.ts";

export type { AccountChanges, KeyWithAccount } from "./admin.ts";
export type { Fault, FaultRuleInput, RequestMatch } from "./faults.ts";
export type { EmulatorOptions } from "./options.ts";
export type { LoggedRequest } from "./request-log.ts";

/** An emulator that runs. */
export interface Emulator {
  /** The base URL for clients, `/v1` included. */
  readonly url: string;
  /** The origin of the admin API. */
  readonly adminUrl: string;
  /** The admin API for use in the same process. */
  readonly admin: EmulatorAdmin;
  /** Stops both servers and cuts every connection, held ones too. */
  close(): Promise<void>;
}

/**
 * Starts an emulator of the management contract, and of the part of the data plane that proves a key
 * (`GET /v1/envelopes`). It is meant for demos and tests: nothing in it is real, and the admin API has no password.
 * @throws the system's error if a port is taken, or an Error that names the file if `persistFile` cannot be read.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { accounts = [DEFAULT_ACCOUNT], host = "127.0.0.1", port = 0, adminPort = 0 } = options;
  const { adminHost = host } = options;
  const world: World = {
    store: new Store(accounts, { file: options.persistFile, newValue: options.newValue }),
    config: {
      latencyMs: options.latencyMs ?? DEFAULT_CONFIG.latencyMs,
      listLagMs: options.listLagMs ?? DEFAULT_CONFIG.listLagMs,
      pageSize: options.pageSize ?? DEFAULT_CONFIG.pageSize,
      rateLimit: options.rateLimit ?? DEFAULT_CONFIG.rateLimit,
      burst: options.burst ?? DEFAULT_CONFIG.burst,
    },
    faults: new Faults(),
    log: new RequestLog(),
    limits: new RateLimits(),
    timers: new Set(),
  };
  const admin = new EmulatorAdmin(world);
  const api = await listen(
    guarded((request, response) => handlePublic(world, request, response)),
    host,
    port,
  );
  const adminServer = await listen(
    guarded((request, response) => handleAdmin(admin, request, response)),
    adminHost,
    adminPort,
  ).catch(async (error: unknown) => {
    await api.close();
    throw error;
  });
  return {
    url: `${api.origin}/v1`,
    adminUrl: adminServer.origin,
    admin,
    close: async () => {
      for (const timer of world.timers) clearTimeout(timer);
      await Promise.all([api.close(), adminServer.close()]);
    },
  };
}

type AsyncListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A failure of one request must not end the process: it becomes a 500, or is dropped if the answer has begun. */
function guarded(listener: AsyncListener): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    listener(request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else writeAnswer(response, answerOf(error));
    });
  };
}
