import { DEFAULT_ACCOUNT, type EmulatorOptions } from "./options.ts";

const PAGE = "https://github.com/signatureapi-keys/signatureapi-keys/blob/main/docs/emulator.md";

/**
 * What the emulator prints when it is ready: where it is, and what to do next. A token is printed only if it is the default
 * one, which is no secret: others may have come from a file or a variable.
 *
 * @param url the base URL of the API, as it was bound.
 * @param adminUrl the origin of the admin API, as it was bound.
 */
export function startMessage(
  url: string,
  adminUrl: string,
  { accounts = [DEFAULT_ACCOUNT], persistFile }: EmulatorOptions,
): string {
  const api = reachable(url);
  const admin = reachable(adminUrl);
  const [first = DEFAULT_ACCOUNT] = accounts;
  const token = accounts.includes(DEFAULT_ACCOUNT) ? DEFAULT_ACCOUNT.token : "$TOKEN";
  const given = token === "$TOKEN" ? "  (TOKEN is the token that you gave to this account)" : "";
  return `The emulator of the management API is ready. Nothing in it is real.

  API        ${api}
  Admin API  ${admin}
  Account    ${first.id}, token ${token}${given}
${accounts
  .slice(1)
  .map(({ id }) => `             ${id}\n`)
  .join("")}
What to do next:
  curl            curl -H "Authorization: Bearer ${token}" ${api}/account
  Pulumi          pulumi config set signatureapi:baseUrl ${api}
                  export SIGNATUREAPI_MANAGEMENT_TOKEN="${token}"
  the controller  --allowed-base-urls ${api}
                  and spec.baseUrl: ${api} in the Account
  prove a key     curl -i -H "X-API-Key: $SIGNATUREAPI_KEY" ${api}/envelopes
  break the next  curl ${admin}/faults -d '{"match": {"operation": "createApiKey"}, "fault": {"kind": "reset"}}'

Keys are kept ${persistFile === undefined ? "until it stops; --persist FILE keeps them longer" : `in ${persistFile}, without their values`}.
All about it: ${PAGE}
Stop it with Ctrl-C.
`;
}

/** An address that clients on this machine can use: a server that is bound to all addresses has no single one. */
function reachable(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
