import { Reflector } from "@signatureapi-keys/controller/kube";
import {
  API_KEYS,
  apiKeyStatusSchema,
  SECRET_ANNOTATIONS,
  SECRETS,
  type CustomObject,
  type Secret,
} from "@signatureapi-keys/controller/resources";
import type { IsolatedKey } from "./isolated-key.ts";

/** What a key's Secret held, and which commits its status recorded: attempts, in order, each once in a row. */
export class History implements AsyncDisposable {
  readonly inSecret: string[] = [];
  readonly #fingerprints: string[] = [];
  readonly #attempts = new Map<string, string>();
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

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#secrets.stop(), this.#apiKeys.stop()]);
  }

  #noteSecret({ metadata: { annotations = {} } }: Secret): void {
    const { [SECRET_ANNOTATIONS.attempt]: attempt, [SECRET_ANNOTATIONS.fingerprint]: fingerprint } =
      annotations;
    if (attempt === undefined || fingerprint === undefined) return;
    this.#attempts.set(fingerprint, attempt);
    if (this.inSecret.at(-1) !== attempt) this.inSecret.push(attempt);
  }

  #noteStatus({ status }: CustomObject): void {
    const { fingerprint } = apiKeyStatusSchema.parse(status ?? {});
    if (fingerprint !== undefined && this.#fingerprints.at(-1) !== fingerprint)
      this.#fingerprints.push(fingerprint);
  }
}
