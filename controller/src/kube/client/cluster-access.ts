import type { ClusterProxy } from "./proxy-from-environment.ts";

/** What a request needs to be let in: headers, and the TLS material of the connection it is sent on. */
export interface Credentials {
  /** A list is sent as one header for each of its texts. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly tls: TlsMaterial;
}

export interface TlsMaterial {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name the certificate must have, where it differs from the host's. */
  readonly servername?: string | undefined;
  /** `false` only where the kubeconfig says `insecure-skip-tls-verify`. */
  readonly rejectUnauthorized?: boolean | undefined;
}

/** Where the API server is and how to be let in. */
export interface ClusterAccess {
  /** Without a trailing slash; may have a path (a proxy such as Rancher's). */
  readonly server: string;
  /** The namespace of the context or of the Pod, if it names one. */
  readonly namespace: string | undefined;
  /** An HTTP proxy in front of the API server. */
  readonly proxy?: ClusterProxy | undefined;
  /**
   * Reads the credentials anew (files, exec plugins).
   * @param afterRefusal true after a 401: cached tokens are not to be given again.
   */
  read(afterRefusal: boolean): Promise<Credentials>;
}
