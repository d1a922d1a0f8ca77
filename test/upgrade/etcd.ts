import { request } from "node:http";
import { text } from "node:stream/consumers";
import { clusterLayout } from "../cluster/layout.ts";

/** Writes a value straight into the etcd of a cluster, past the API server: the only way to keep the UID of an object. */
export async function putIntoEtcd(clusterFolder: string, key: string, value: unknown): Promise<void> {
  const base64 = (plain: string): string => Buffer.from(plain, "utf8").toString("base64");
  const body = JSON.stringify({ key: base64(key), value: base64(JSON.stringify(value)) });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const outgoing = request(
    {
      socketPath: clusterLayout(clusterFolder).etcdClientSocket,
      path: "/v3/kv/put",
      method: "POST",
      headers: { "content-type": "application/json" },
      agent: false,
    },
    (answer) => {
      text(answer)
        .then((said) => {
          if (answer.statusCode === 200) resolve();
          else reject(new Error(`etcd answered a put of ${key} with ${answer.statusCode}: ${said}`));
        })
        .catch(reject);
    },
  );
  outgoing.on("error", reject);
  outgoing.end(body);
  await promise;
}
