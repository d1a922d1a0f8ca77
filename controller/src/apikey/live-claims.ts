import { recordsKey, type Claims, type Step } from "@signatureapi-keys/lifecycle";
import type { KubeClient, ResourceType } from "../kube/index.ts";
import type { ApiKeyDocument } from "./document.ts";

/** Every ApiKey of the scope, as one list has shown them. */
interface EveryApiKey {
  readonly items: readonly ApiKeyDocument[];
  /** Whether all could be read: one that cannot exists all the same, and its owner is unknown. */
  readonly complete: boolean;
}

/**
 * Finds claims by complete lists of ApiKeys, read now and without a resourceVersion. Those who ask at the same time share
 * a list that begins after all of them have asked; one list runs at a time, so that adoptions cost the cluster no more
 * than that, however many there are.
 */
export class LiveClaims {
  readonly #kube: Pick<KubeClient, "listAll">;
  readonly #type: ResourceType<ApiKeyDocument>;
  readonly #scope: readonly string[] | undefined;
  #running: Promise<unknown> | undefined;
  #waiting: Promise<EveryApiKey> | undefined;

  /** @param scope the namespaces that are looked after; undefined for all. */
  constructor(
    kube: Pick<KubeClient, "listAll">,
    type: ResourceType<ApiKeyDocument>,
    scope: readonly string[] | undefined,
  ) {
    this.#kube = kube;
    this.#type = type;
    this.#scope = scope;
  }

  /**
   * Who else than the ApiKey with this UID has a claim. Complete only for a controller that sees all namespaces.
   * @throws KubeError
   */
  async find({ keyId, owners }: Step & { kind: "find-claims" }, uid: string): Promise<Claims> {
    this.#waiting ??= this.#afterRunning();
    const { items, complete } = await this.#waiting;
    const others = items.filter(({ metadata }) => metadata.uid !== uid);
    const alive = new Set(others.map(({ owner }) => owner));
    return {
      keyId,
      asked: owners,
      living: owners.filter((owner) => alive.has(owner)),
      complete: complete && this.#scope === undefined,
      recorded: others.some(({ record }) => recordsKey(record, keyId)),
    };
  }

  async #afterRunning(): Promise<EveryApiKey> {
    await this.#running?.catch(() => undefined);
    // Those who ask from here on need a list that begins later.
    this.#waiting = undefined;
    const listing = this.#list();
    this.#running = listing;
    return listing;
  }

  async #list(): Promise<EveryApiKey> {
    const lists = (this.#scope ?? [undefined]).map(async (namespace) =>
      this.#kube.listAll(this.#type, namespace === undefined ? {} : { namespace }),
    );
    const pages = await Promise.all(lists);
    return {
      items: pages.flatMap(({ items }) => items),
      complete: pages.every(({ malformed }) => malformed.length === 0),
    };
  }
}
