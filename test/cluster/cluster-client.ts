import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { issueCertificate } from "./certificates.ts";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { type HttpsResponse, httpsRequest } from "./https-request.ts";
import { type Credential, renderKubeconfig } from "./kubeconfig.ts";
import { clusterLayout } from "./layout.ts";
import { type RequestCount, parseRequestCounts } from "./request-counts.ts";
import { type RunResult, run } from "../../tools/binaries/run.ts";

/** What is needed to talk to a running cluster. Plain data, so that it can be handed to another process. */
export interface ClusterConnection {
  readonly url: string;
  /** The cluster's temporary folder; it goes when the cluster stops. */
  readonly folder: string;
  readonly caFile: string;
  readonly kubeconfigFile: string;
  /** The administrator's kubeconfig as text. */
  readonly kubeconfig: string;
  readonly adminToken: string;
}

export interface KubectlOptions {
  /** Standard input, for `-f -`. */
  readonly input?: string;
  /** Path of a kubeconfig; the administrator's by default. */
  readonly kubeconfig?: string;
}

/**
 * What can be done with a running cluster, as its administrator.
 * Also for a cluster that another process of this machine has started, such as the shared one of a vitest run.
 */
export class ClusterClient implements ClusterConnection {
  readonly url: string;
  readonly folder: string;
  readonly caFile: string;
  readonly kubeconfigFile: string;
  readonly kubeconfig: string;
  readonly adminToken: string;
  #kubectl: Promise<string> | undefined;

  constructor(connection: ClusterConnection) {
    this.url = connection.url;
    this.folder = connection.folder;
    this.caFile = connection.caFile;
    this.kubeconfigFile = connection.kubeconfigFile;
    this.kubeconfig = connection.kubeconfig;
    this.adminToken = connection.adminToken;
  }

  /** Runs kubectl. A refusal is a result (`code` is not 0), not an error. */
  async kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<RunResult> {
    const home = clusterLayout(this.folder).kubectlHome;
    this.#kubectl ??= findBinary("kubectl");
    return run(await this.#kubectl, args, {
      ...(options.input === undefined ? {} : { input: options.input }),
      env: {
        ...process.env,
        HOME: home,
        KUBECACHEDIR: join(home, "cache"),
        KUBECONFIG: options.kubeconfig ?? this.kubeconfigFile,
      },
    });
  }

  /** Applies YAML documents on the server's side. Rejects with kubectl's message when one is refused. */
  async apply(yaml: string): Promise<void> {
    const args = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
    const { code, stderr } = await this.kubectl(args, { input: yaml });
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} failed with ${code}: ${stderr.trim()}`);
  }

  /**
   * Makes the service account if it is missing, and a kubeconfig with a token of it (TokenRequest, one hour).
   * Returns the kubeconfig's path. Rejects when the namespace does not exist.
   */
  async serviceAccountKubeconfig(account: { namespace: string; name: string }): Promise<string> {
    const path = `/api/v1/namespaces/${account.namespace}/serviceaccounts`;
    const created = await this.#request("POST", path, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: account.name },
    });
    if (created.status !== 201 && created.status !== 409) throw refused("POST", path, created);
    const tokenPath = `${path}/${account.name}/token`;
    const answer = await this.#request("POST", tokenPath, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: 3600 },
    });
    if (answer.status !== 201) throw refused("POST", tokenPath, answer);
    const token = tokenOf(JSON.parse(answer.body));
    return this.#writeKubeconfig(`${account.namespace}-${account.name}`, { token });
  }

  /** Makes a kubeconfig with a client certificate for a user in these groups; returns its path. */
  async userKubeconfig({ user, groups = [] }: { user: string; groups?: readonly string[] }): Promise<string> {
    const layout = clusterLayout(this.folder);
    const [certificate, key] = await Promise.all([
      readFile(layout.caFile, "utf8"),
      readFile(layout.caKeyFile, "utf8"),
    ]);
    const pair = issueCertificate(
      { certificate, key },
      { usage: "client", commonName: user, organizations: groups },
    );
    return this.#writeKubeconfig(user.replaceAll(/[^\w.-]/g, "_"), pair);
  }

  /** The text of the API server's /metrics. */
  async metrics(): Promise<string> {
    const answer = await this.#request("GET", "/metrics");
    if (answer.status !== 200) throw refused("GET", "/metrics", answer);
    return answer.body;
  }

  /** The rows of `apiserver_request_total`, counted since the API server's start. */
  async requestCounts(): Promise<RequestCount[]> {
    return parseRequestCounts(await this.metrics());
  }

  async #request(method: string, path: string, body?: unknown): Promise<HttpsResponse> {
    const ca = await readFile(this.caFile, "utf8");
    return httpsRequest(`${this.url}${path}`, { method, ca, token: this.adminToken, body });
  }

  async #writeKubeconfig(name: string, credential: Credential): Promise<string> {
    const file = join(this.folder, `${name}-${randomBytes(4).toString("hex")}.kubeconfig`);
    const ca = await readFile(this.caFile, "utf8");
    await writeFile(file, renderKubeconfig(this.url, ca, name, credential), { mode: 0o600 });
    return file;
  }
}

/** The token in the answer to a TokenRequest. */
function tokenOf(answer: unknown): string {
  if (typeof answer === "object" && answer !== null && "status" in answer) {
    const { status } = answer;
    if (typeof status === "object" && status !== null && "token" in status) {
      if (typeof status.token === "string") return status.token;
    }
  }
  throw new Error("the answer to a TokenRequest holds no token");
}

function refused(method: string, path: string, { status, body }: HttpsResponse): Error {
  return new Error(`the test cluster answered ${method} ${path} with ${status}: ${body}`);
}
