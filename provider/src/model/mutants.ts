import { ManagementApiError, type ApiKey } from "@signatureapi-keys/management-api";
import { PartialFailure, ProviderError } from "../dynamic/failure.ts";
import type { ManagementApi } from "../dynamic/runtime.ts";
import type { Properties } from "../dynamic/wire.ts";
import type { Provider } from "./engine.ts";
import { SHIPPED, type Rules } from "./process.ts";

// Each mutant takes one rule from the provider, at its edges: by what it is told, and by what is taken from it.

const MARK = /\?\]$/;

/** Never sees what earlier mints have left. */
const tagNotLookedFor: Rules = {
  ...SHIPPED,
  api: (api) => ({ ...api, listAllApiKeys: () => Promise.resolve({ apiKeys: [] }) }),
};

/** Forgets that a confirmation, or a roll, has an outcome that is not known. */
const pendingRecordIgnored: Rules = {
  ...SHIPPED,
  provider: (provider) => ({
    ...bound(provider),
    diff: (id, olds, news) => provider.diff(id, settled(olds), news),
    update: (id, olds, news) => provider.update(id, settled(olds), news),
    // The engine updates what has failed in part, whatever a comparison says.
    create: (news) => provider.create(news).catch(keepSettled),
  }),
};

function settled(outputs: Properties): Properties {
  return { ...outputs, status: "active" };
}

function keepSettled(error: unknown): { id: string; outs: Properties } {
  if (!(error instanceof PartialFailure)) throw error;
  return { id: error.id, outs: settled({ ...error.properties }) };
}

/** Revokes the replaced key in the update that replaces it. */
const revokedBeforeSaved: Rules = {
  ...SHIPPED,
  provider: (provider) => ({
    ...bound(provider),
    update: (id, olds, news) => {
      const { generation = 1, rotation } = news;
      const immediate = { ...(typeof rotation === "object" && rotation), overlap: "0s" };
      return provider.update(id, olds, { ...news, retiredGeneration: generation, rotation: immediate });
    },
  }),
};

/** Takes a request whose outcome is not known for one that was refused. */
const unknownIsRefusal: Rules = { ...SHIPPED, api: (api) => failingWith(api, "none") };

function failingWith(api: ManagementApi, effect: "none"): ManagementApi {
  const refused = (error: unknown): never => {
    if (!(error instanceof ManagementApiError)) throw error;
    const { kind, operation, message } = error;
    throw new ManagementApiError({ kind, operation, effect, reason: message });
  };
  return {
    ...api,
    createApiKey: (options) => api.createApiKey(options).catch(refused),
    updateApiKey: (id, options) => api.updateApiKey(id, options).catch(refused),
    rollApiKey: (id, options) => api.rollApiKey(id, options).catch(refused),
  };
}

/** Reads every tag as one of its own stack. */
const stackNotCompared: Rules = {
  ...SHIPPED,
  api: (api) => ({
    ...api,
    listAllApiKeys: async (options) => {
      const { apiKeys } = await api.listAllApiKeys(options);
      return { apiKeys: apiKeys.map(asOurs) };
    },
    getApiKey: async (id, options) => asOurs(await api.getApiKey(id, options)),
  }),
};

function asOurs(apiKey: ApiKey): ApiKey {
  return { ...apiKey, description: apiKey.description.replace(/\[ak:[0-9a-f]{10}/, "[ak:0123456789") };
}

/** Keeps no state of a key that may be confirmed or not. */
const unconfirmedNotRecorded: Rules = {
  ...SHIPPED,
  provider: (provider) => ({
    ...bound(provider),
    create: (news) => provider.create(news).catch(withoutState),
    update: (id, olds, news) => provider.update(id, olds, news).catch(withoutState),
  }),
};

function withoutState(error: unknown): never {
  if (error instanceof PartialFailure) throw new ProviderError(error.message);
  throw error;
}

/** Mints keys that are confirmed from the beginning. */
const mintedConfirmed: Rules = {
  ...SHIPPED,
  api: (api) => ({
    ...api,
    createApiKey: async (options) => {
      const description = options.description.replace(MARK, "]");
      const { apiKey, value } = await api.createApiKey({ ...options, description });
      return { value, apiKey: { ...apiKey, description: options.description } };
    },
  }),
};

/** Does not wait for what another process may still confirm. */
const noWaiting: Rules = {
  ...SHIPPED,
  runtime: (runtime) => ({ ...runtime, wait: () => Promise.resolve() }),
};

/** Hands a key over also when the engine is gone. */
const engineNotAsked: Rules = {
  ...SHIPPED,
  runtime: (runtime) => ({
    ...runtime,
    engineListens: async () => {
      await runtime.engineListens();
      return true;
    },
  }),
};

/** Compares the inputs with the state, and not the state with the account. */
const noLookAtUp: Rules = {
  ...SHIPPED,
  provider: (provider) => ({
    ...bound(provider),
    diff: async (id, olds, news) => {
      const { changes } = await provider.diff(id, olds, news);
      const isDue = news["generation"] !== olds["generation"] || olds["status"] !== "active";
      return { changes: changes && isDue };
    },
  }),
};

function bound(provider: Provider): Provider {
  return {
    check: (olds, news) => provider.check(olds, news),
    diff: (id, olds, news) => provider.diff(id, olds, news),
    create: (news) => provider.create(news),
    update: (id, olds, news) => provider.update(id, olds, news),
    read: (id, properties) => provider.read(id, properties),
    delete: (id, properties) => provider.delete(id, properties),
  };
}

/** Ways to break the provider that the search must notice. */
export const MUTANTS = {
  tagNotLookedFor,
  pendingRecordIgnored,
  revokedBeforeSaved,
  unknownIsRefusal,
  stackNotCompared,
  unconfirmedNotRecorded,
  mintedConfirmed,
  noWaiting,
  engineNotAsked,
  noLookAtUp,
} as const;
