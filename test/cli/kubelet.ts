import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { createAuthority, issueCertificate } from "../cluster/certificates.ts";

/**
 * The part of a kubelet that serves the logs of containers. kube-apiserver asks it as it asks any kubelet; the node that it
 * stands for names its address.
 */
export class LogKubelet implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #logs: Map<string, ServerResponse[]>;

  private constructor(server: Server, port: number, logs: Map<string, ServerResponse[]>) {
    this.#server = server;
    this.port = port;
    this.#logs = logs;
  }

  /** @param lines of each Pod, by its name; `follow=true` keeps the answer open. */
  static async start(lines: Readonly<Record<string, string>>): Promise<LogKubelet> {
    const authority = createAuthority("kubelet");
    const { certificate, key } = issueCertificate(authority, {
      usage: "server",
      commonName: "kubelet",
      dnsNames: [],
      ipAddresses: ["127.0.0.1"],
    });
    const open = new Map<string, ServerResponse[]>();
    const server = createServer({ cert: certificate, key }, (request, response) => {
      const url = new URL(request.url ?? "/", "https://kubelet");
      const [, , , pod = ""] = url.pathname.split("/");
      response.setHeader("content-type", "text/plain");
      response.write(lines[pod] ?? "");
      if (url.searchParams.get("follow") !== "true") response.end();
      else open.set(pod, [...(open.get(pod) ?? []), response]);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    return new LogKubelet(server, port, open);
  }

  /** Adds to the logs that are followed. */
  write(pod: string, text: string): void {
    for (const response of this.#logs.get(pod) ?? []) response.write(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
