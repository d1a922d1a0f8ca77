import { ApiKeyProvider } from "../dynamic/provider.ts";
import type { ManagementApi, Runtime } from "../dynamic/runtime.ts";
import { apiOf, type Ask } from "./api.ts";
import { Engine, type Provider } from "./engine.ts";
import type { Request } from "./request.ts";
import type { Declared, Process } from "./state.ts";

/** How the provider is broken on purpose, at its edges: what it is told, and what is taken from it. */
export interface Rules {
  readonly api: (api: ManagementApi) => ManagementApi;
  readonly runtime: (runtime: Runtime) => Runtime;
  readonly provider: (provider: Provider) => Provider;
}

/** The provider as it is. */
export const SHIPPED: Rules = {
  api: (api) => api,
  runtime: (runtime) => runtime,
  provider: (given) => given,
};

/** Where a process is: it asks something, or it has ended. */
export type Course =
  | { readonly kind: "asks"; readonly request: Request; readonly said: readonly string[] }
  | { readonly kind: "ended"; readonly failure: string | undefined; readonly said: readonly string[] };

type Run = Pick<Process, "id" | "command" | "begun" | "log">;

/**
 * Runs a process from its beginning, with the answers that it has had, up to what it asks next. A function that waits
 * cannot be copied; it can be run again, since all that it depends on is in the log.
 */
export async function courseOf(process: Run, declared: Declared, rules: Rules): Promise<Course> {
  const { promise: course, resolve } = Promise.withResolvers<Course>();
  const died = Promise.withResolvers<never>();
  died.promise.catch(() => {});
  const said: string[] = [];
  let { now } = process.begun;
  let answered = 0;
  const ask: Ask = (request) => {
    const exchange = process.log[answered];
    if (exchange === undefined) {
      resolve({ kind: "asks", request, said });
      return NEVER;
    }
    answered += 1;
    ({ now } = exchange.answer);
    if (exchange.answer.kind !== "died") return Promise.resolve(exchange.answer);
    died.reject(new Error("The provider was killed."));
    return NEVER;
  };
  const runtime: Runtime = {
    now: () => now,
    wait: async (ms) => void (await ask({ kind: "wait", ms })),
    randomBytes: bytesOf(process.id),
    engineListens: async () => {
      const answer = await ask({ kind: "listens" });
      return answer.kind === "listens" && answer.listens;
    },
    warn: (message) => void said.push(message),
    env: { SIGNATUREAPI_MANAGEMENT_TOKEN: "token-of-the-model" },
    connect: () => rules.api(apiOf(ask)),
  };
  const provider = new ApiKeyProvider(rules.runtime(runtime));
  await provider.configure({ config: { get: () => undefined } });
  const write = async (what: string, checkpoint: Process["begun"]["checkpoint"]): Promise<void> =>
    void (await ask({ kind: "save", what, checkpoint }));
  const engine = new Engine(mortal(rules.provider(provider), died.promise), process.begun.checkpoint, write);
  engine.run(process.command, declared).then(
    () => resolve({ kind: "ended", failure: undefined, said }),
    (error: unknown) => resolve({ kind: "ended", failure: String(error), said }),
  );
  return course;
}

const NEVER = new Promise<never>(() => {});

/** A provider whose calls fail when its process dies. */
function mortal(provider: Provider, died: Promise<never>): Provider {
  const either = <T>(call: Promise<T>): Promise<T> => Promise.race([call, died]);
  return {
    check: (olds, news) => either(provider.check(olds, news)),
    diff: (id, olds, news) => either(provider.diff(id, olds, news)),
    create: (news) => either(provider.create(news)),
    update: (id, olds, news) => either(provider.update(id, olds, news)),
    read: (id, properties) => either(provider.read(id, properties)),
    delete: (id, properties) => either(provider.delete(id, properties)),
  };
}

const LETTERS = 32;

/** Random bytes that differ between processes and calls, and are the same when a process is run again. */
function bytesOf(process: number): (size: number) => Uint8Array {
  let call = 0;
  return (size) => {
    call += 1;
    const bytes = new Uint8Array(size).fill(LETTERS - 7);
    bytes.set(
      [Math.floor(process / LETTERS), process % LETTERS, Math.floor(call / LETTERS), call % LETTERS],
      2,
    );
    return bytes;
  };
}
