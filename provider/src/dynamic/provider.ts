import { check, type Checked } from "./check.ts";
import { readInputs } from "./inputs.ts";
import { create } from "./create.ts";
import { deleteKey } from "./delete.ts";
import { diff, type Difference } from "./diff.ts";
import { messageOf, PartialFailure, ProviderError } from "./failure.ts";
import { readOutputs, toState } from "./outputs.ts";
import { lookUp, refresh } from "./read.ts";
import type { Remote } from "./remote.ts";
import { Seen } from "./seen.ts";
import type { Runtime } from "./runtime.ts";
import { Session } from "./session.ts";
import { update } from "./update.ts";
import type { Properties } from "./wire.ts";

/** What Pulumi's host gives to `configure`. */
interface ConfigureRequest {
  readonly config: { get(name: string): string | undefined };
}

/**
 * The provider as Pulumi's host of dynamic resources calls it. There is one in a process, for one account; calls come at
 * the same time. Every failure that leaves it says what happened, and holds no value.
 */
export class ApiKeyProvider {
  readonly #runtime: Runtime;
  #session: (() => Session) | undefined;
  readonly #seen = new Seen();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /**
   * Takes the configuration before it returns: the host hands the provider to other calls without awaiting this. What is
   * missing is said when it is needed, so that a preview of nothing needs no token.
   */
  configure(request: ConfigureRequest): Promise<void> {
    let session: Session | undefined;
    this.#session = () => (session ??= new Session((name) => request.config.get(name), this.#runtime));
    return Promise.resolve();
  }

  check(olds: Properties, news: Properties): Promise<Checked> {
    this.#seen.inputs(olds);
    return this.#guarded(() => check(olds, news, this.#runtime.now()));
  }

  diff(_id: string, olds: Properties, news: Properties): Promise<Difference> {
    return this.#guarded(async () => {
      this.#seen.outputs(olds);
      const { accountId } = readOutputs(olds);
      return diff(olds, news, await this.#look(accountId), this.#runtime.now());
    });
  }

  create(news: Properties): Promise<{ id: string; outs: Properties }> {
    return this.#guarded(async () => {
      const inputs = readInputs(news);
      try {
        const { id, outputs } = await create(this.#open(), inputs, this.#seen);
        return { id, outs: toState(outputs) };
      } catch (error) {
        throw withBootstrap(error, news);
      }
    });
  }

  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }> {
    return this.#guarded(async () => {
      try {
        return { outs: toState(await update(this.#open(), id, readOutputs(olds), readInputs(news))) };
      } catch (error) {
        throw withBootstrap(error, news);
      }
    });
  }

  read(id: string, properties: Properties): Promise<{ id: string; props: Properties }> {
    return this.#guarded(async () => {
      const session = this.#open();
      const managed = typeof properties["owner"] === "string";
      const props = managed
        ? toState(await refresh(session, readOutputs(properties)))
        : await lookUp(session, id);
      return { id, props };
    });
  }

  delete(_id: string, properties: Properties): Promise<void> {
    return this.#guarded(() => deleteKey(this.#open(), readOutputs(properties)));
  }

  /** A preview works without the API, and without a token: what cannot be asked is not compared. */
  async #look(accountId: string): Promise<Remote> {
    try {
      return await this.#open().look(accountId);
    } catch {
      return {};
    }
  }

  #open(): Session {
    if (this.#session !== undefined) return this.#session();
    throw new ProviderError("The provider was called before it was configured.");
  }

  /** Turns each failure inside into one without a stack. */
  async #guarded<T>(action: () => T | Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      throw new ProviderError(messageOf(error));
    }
  }
}

/** The state of a partial failure does not pass through the host, which else puts the provider's code back. */
function withBootstrap(error: unknown, news: Properties): unknown {
  if (!(error instanceof PartialFailure)) return error;
  const properties = { ...error.properties, __provider: news["__provider"] };
  return new PartialFailure(error.id, properties, error.message);
}
