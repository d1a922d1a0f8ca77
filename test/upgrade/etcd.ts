import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { clusterLayout } from "../cluster/layout.ts";

/** Writes a value straight into the etcd of a cluster, past the API server: the only way to keep the UID of an object. */
export async function putIntoEtcd(clusterFolder: string, key: string, value: unknown): Promise<void> {
  const body = JSON.stringify({ key: base64(key), value: base64(JSON.stringify(value)) });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = request(
    {
      socketPath: clusterLayout(clusterFolder).etcdClientSocket,
      path: "/v3/kv/put",
      method: "POST",
      headers: { "content-type": "application/json" },
      agent: false,
    },
    resolve,
  );
  outgoing.on("error", reject);
  outgoing.end(body);
  const answer = await promise;
  const said = await text(answer);
  if (answer.statusCode !== 200)
    throw new Error(`etcd answered a put of ${key} with ${answer.statusCode}: ${said}`);
}

function base64(plain: string): string {
  return Buffer.from(plain, "utf8").toString("base64");
}
