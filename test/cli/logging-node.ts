import { createServer } from "node:https";
import type { KubeClient } from "@signatureapi-keys/controller/kube";
import { selfSignedCertificate } from "../../controller/src/tls/self-signed.ts";
import { listen } from "../network/listening.ts";
import { nodeType } from "./node-type.ts";

/** A node whose kubelet answers requests for logs, as the API server passes them on. */
export class LoggingNode implements AsyncDisposable {
  readonly name: string;
  readonly #server: ReturnType<typeof createServer>;

  private constructor(name: string, server: ReturnType<typeof createServer>) {
    this.name = name;
    this.#server = server;
  }

  /** Starts it. @param log what each container has printed */
  static async start(kube: KubeClient, name: string, log: string): Promise<LoggingNode> {
    const { certificate, key } = selfSignedCertificate(name, new Date());
    const server = createServer({ cert: certificate, key }, (request, response) => {
      const isLog = request.url?.startsWith("/containerLogs/") === true;
      response.writeHead(isLog ? 200 : 404, { "content-type": "text/plain" }).end(isLog ? log : "");
    });
    const port = await listen(server);
    const metadata = { name };
    await kube.create(nodeType, { metadata });
    const status = {
      addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    };
    await kube.patch(nodeType, { name }, { status }, { type: "merge", subresource: "status" });
    return new LoggingNode(name, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
