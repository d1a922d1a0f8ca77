import { Reflector } from "@signatureapi-keys/controller/kube";
import {
  API_KEYS,
  apiKeyStatusSchema,
  SECRET_ANNOTATIONS,
  SECRETS,
  type CustomObject,
  type Secret,
} from "@signatureapi-keys/controller/resources";
import { Changes } from "../e2e/changes.ts";
import type { Facts, IsolatedKey } from "./isolated-key.ts";

/** What a key's Secret held, and which commits its status recorded: attempts, in order, each once in a row. */
export class History implements AsyncDisposable {
  readonly inSecret: string[] = [];
  readonly #fingerprints: string[] = [];
  readonly #attempts = new Map<string, string>();
  readonly #changes = new Changes();
  readonly #secrets: Reflector<Secret>;
  readonly #apiKeys: Reflector<CustomObject>;

  private constructor({ world, namespace, ref }: IsolatedKey) {
    this.#secrets = new Reflector({ client: world.kube, type: SECRETS, namespace });
    this.#apiKeys = new Reflector({ client: world.kube, type: API_KEYS, namespace });
    const onSecret = (secret: Secret): void => {
      if (secret.metadata.name === ref.name) this.#noteSecret(secret);
    };
    const onApiKey = (apiKey: CustomObject): void => this.#noteStatus(apiKey);
    this.#secrets.addHandler({ added: onSecret, updated: onSecret });
    this.#apiKeys.addHandler({ added: onApiKey, updated: onApiKey });
  }

  /** Begins to watch. */
  static async start(key: IsolatedKey): Promise<History> {
    const history = new History(key);
    for (const reflector of [history.#secrets, history.#apiKeys]) {
      reflector.start();
      await reflector.hasSynced();
    }
    return history;
  }

  /** The commits that the status recorded. */
  get committed(): readonly string[] {
    return this.#fingerprints.map(
      (fingerprint) => this.#attempts.get(fingerprint) ?? "of an unknown attempt",
    );
  }

  /** Waits until the watches have shown what was read: they may lag behind. */
  async reached({ status: { fingerprint }, secret }: Facts): Promise<void> {
    const attempt = secret?.metadata.annotations?.[SECRET_ANNOTATIONS.attempt];
    const hasReached = (): boolean =>
      this.#fingerprints.at(-1) === fingerprint &&
      (attempt === undefined || this.inSecret.at(-1) === attempt);
    const describe = (): string => `the Secret held ${this.inSecret.join()}, and is ${attempt}`;
    await this.#changes.until(hasReached, describe, 30_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#secrets.stop(), this.#apiKeys.stop()]);
  }

  #noteSecret({ metadata: { annotations = {} } }: Secret): void {
    const { [SECRET_ANNOTATIONS.attempt]: attempt, [SECRET_ANNOTATIONS.fingerprint]: fingerprint } =
      annotations;
    if (attempt === undefined || fingerprint === undefined) return;
    this.#attempts.set(fingerprint, attempt);
    if (this.inSecret.at(-1) !== attempt) this.inSecret.push(attempt);
    this.#changes.report();
  }

  #noteStatus({ status }: CustomObject): void {
    const { fingerprint } = apiKeyStatusSchema.parse(status ?? {});
    if (fingerprint !== undefined && this.#fingerprints.at(-1) !== fingerprint)
      this.#fingerprints.push(fingerprint);
    this.#changes.report();
  }
}
