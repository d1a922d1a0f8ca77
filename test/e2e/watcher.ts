import {
  keyOf,
  Reflector,
  type KubeClient,
  type KubeObject,
  type ObjectRef,
  type ResourceType,
} from "@signatureapi-keys/controller/kube";
import { Changes } from "./changes.ts";

const PATIENCE_MS = 20_000;

/** Waits for objects to look as a test expects, by watching them. */
export class Watcher {
  readonly #client: Pick<KubeClient, "listAll" | "watch">;

  /**
   * Reads consistently, for a test that has just written: a list from the API server's cache (`resourceVersion=0`) may
   * show the object as it was before, and the condition would hold too early.
   */
  constructor(client: KubeClient) {
    this.#client = {
      listAll: async (type, options) =>
        client.listAll(
          type,
          options?.resourceVersion === "0" ? { ...options, resourceVersion: undefined } : options,
        ),
      watch: (type, options) => client.watch(type, options),
    };
  }

  /**
   * Resolves with what a condition gives, as soon as that is neither false nor undefined; the condition is shown
   * `undefined` while there is no such object.
   *
   * @param patience in milliseconds; for what a client's own retries delay.
   * @throws Error after 20 s, or that patience, with the object as it was last seen.
   */
  async until<T extends KubeObject, R>(
    type: ResourceType<T>,
    ref: ObjectRef,
    condition: (object: T | undefined) => R | false | undefined,
    patience = PATIENCE_MS,
  ): Promise<R> {
    // No field selector: the API server counts a list by name as a GET, and tests count GETs.
    const reflector = new Reflector({ client: this.#client, type, namespace: ref.namespace });
    const find = (): T | undefined => reflector.store.get(keyOf({ metadata: ref }));
    const describe = (): string =>
      `${type.kind} ${keyOf({ metadata: ref })}, last seen as ${JSON.stringify(find()?.["status"] ?? find()?.metadata)}`;
    return this.#watch(reflector, () => condition(find()), describe, patience);
  }

  /** Resolves with what a look at any object of a namespace gives first. @throws Error after 20 s. */
  async untilAny<T extends KubeObject, R>(
    type: ResourceType<T>,
    namespace: string,
    look: (object: T) => R | undefined,
  ): Promise<R> {
    const reflector = new Reflector({ client: this.#client, type, namespace });
    const condition = (): R | undefined =>
      reflector.store
        .list()
        .map(look)
        .find((found) => found !== undefined);
    return this.#watch(reflector, condition, () => `any ${type.kind} of namespace ${namespace}`);
  }

  async #watch<T extends KubeObject, R>(
    reflector: Reflector<T>,
    condition: () => R | false | undefined,
    describe: () => string,
    patience = PATIENCE_MS,
  ): Promise<R> {
    const changes = new Changes();
    const report = (): void => changes.report();
    try {
      reflector.addHandler({ added: report, updated: report, deleted: report });
      reflector.start();
      reflector.hasSynced().then(report, report);
      return await changes.until(() => (reflector.synced ? condition() : undefined), describe, patience);
    } finally {
      await reflector.stop();
    }
  }
}
