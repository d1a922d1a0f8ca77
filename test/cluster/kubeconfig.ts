import { stringify } from "yaml";

/** How a kubeconfig's user proves who it is. Certificate and key are PEM text. */
export type Credential = { readonly token: string } | { readonly certificate: string; readonly key: string };

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** The text of a self-contained kubeconfig: the CA is embedded, no file is referred to. */
export function renderKubeconfig(url: string, ca: string, user: string, credential: Credential): string {
  const proof =
    "token" in credential
      ? { token: credential.token }
      : {
          "client-certificate-data": base64(credential.certificate),
          "client-key-data": base64(credential.key),
        };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server: url, "certificate-authority-data": base64(ca) } }],
    users: [{ name: user, user: proof }],
    contexts: [{ name: "test", context: { cluster: "test", user } }],
    "current-context": "test",
  });
}
