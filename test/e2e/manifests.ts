/** A manifest, as a test writes it. */
export type Manifest = Record<string, unknown>;

/** The token that the emulator takes by default. */
export const TOKEN = "emulator-token";

/** The ID of the account that a test adds to the emulator for a namespace. */
export function accountIdOf(name: string): string {
  return `acc_${name}`;
}

/** The management token of that account. */
export function tokenOf(name: string): string {
  return `token-of-${name}`;
}

/** A namespace. */
export function namespace(name: string, labels: Record<string, string> = {}): Manifest {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

/** A Secret with a management token. */
export function credentials(
  inNamespace: string,
  options: { token?: string; name?: string; labelled?: boolean; entry?: string } = {},
): Manifest {
  const { token = TOKEN, name = "credentials", labelled = true, entry = "token" } = options;
  const labels = labelled ? { "signatureapi.com/credential": "true" } : {};
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: inNamespace, labels },
    stringData: { [entry]: token },
  };
}

/** An Account, for the ApiKeys of its namespace. */
export function account(
  inNamespace: string,
  baseUrl: string,
  spec: Manifest = {},
  name = "default",
): Manifest {
  return {
    apiVersion: "signatureapi.com/v1",
    kind: "Account",
    metadata: { name, namespace: inNamespace },
    spec: { baseUrl, credentials: { name: "credentials" }, ...spec },
  };
}

/** A ClusterAccount. */
export function clusterAccount(name: string, baseUrl: string, spec: Manifest = {}): Manifest {
  return {
    apiVersion: "signatureapi.com/v1",
    kind: "ClusterAccount",
    metadata: { name },
    spec: { baseUrl, credentials: { name: "credentials" }, ...spec },
  };
}

/** An ApiKey. */
export function apiKey(inNamespace: string, name: string, spec: Manifest = {}): Manifest {
  return {
    apiVersion: "signatureapi.com/v1",
    kind: "ApiKey",
    metadata: { name, namespace: inNamespace },
    spec: { mode: "live", ...spec },
  };
}

/** A namespace with an account that works. */
export function readyNamespace(
  name: string,
  baseUrl: string,
  token = TOKEN,
  spec: Manifest = {},
): readonly Manifest[] {
  return [namespace(name), credentials(name, { token }), account(name, baseUrl, spec)];
}
