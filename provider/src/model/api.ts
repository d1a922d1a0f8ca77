import { KeyValue, ManagementApiError, type ApiKey, type Operation } from "@signatureapi-keys/management-api";
import type { ManagementApi } from "../dynamic/runtime.ts";
import type { Answer, Request, ShownKey } from "./request.ts";

/** Puts a request to the surroundings of a process. */
export type Ask = (request: Request) => Promise<Answer>;

/** The account that all tokens of a world belong to. */
const ACCOUNT = { id: "acc_1", name: "Model", liveMode: "enabled", permissions: [] } as const;

/** The management API as a provider sees it, where each call is one request to the surroundings. */
export function apiOf(ask: Ask): ManagementApi {
  const call = async (operation: Operation, request: Request): Promise<Answer> => {
    const answer = await ask(request);
    if (answer.kind !== "failed") return answer;
    const { kind, effect, apiKeyId } = answer.failure;
    throw new ManagementApiError({ kind, effect, apiKeyId, operation, reason: `It failed (${kind}).` });
  };
  const key = async (operation: Operation, request: Request): Promise<ShownKey> => {
    const answer = await call(operation, request);
    if (answer.kind === "key") return answer.key;
    throw new TypeError(`${operation} was answered with ${answer.kind}`);
  };
  const minted = async (operation: Operation, request: Request) => {
    const shown = await key(operation, request);
    return { apiKey: toApiKey(shown), value: KeyValue.of(shown.value ?? "") };
  };
  return {
    getAccount: async () => {
      await call("getAccount", { kind: "getAccount" });
      return ACCOUNT;
    },
    listAllApiKeys: async () => {
      const answer = await call("listApiKeys", { kind: "list" });
      return { apiKeys: answer.kind === "keys" ? answer.keys.map(toApiKey) : [] };
    },
    getApiKey: async (keyId) => toApiKey(await key("getApiKey", { kind: "get", keyId })),
    createApiKey: ({ mode, description }) => minted("createApiKey", { kind: "create", mode, description }),
    updateApiKey: async (keyId, { description }) =>
      toApiKey(await key("updateApiKey", { kind: "describe", keyId, description })),
    rollApiKey: (keyId, { mode }) => minted("rollApiKey", { kind: "roll", keyId, mode }),
    revokeApiKey: async (keyId) => {
      await call("revokeApiKey", { kind: "revoke", keyId });
      return { alreadyRevoked: false };
    },
  };
}

function toApiKey({ id, description, mode, status, createdAt, hint }: ShownKey): ApiKey {
  return { id, description, mode, status, createdAt: new Date(createdAt), revokedAt: null, hint };
}
