import type { Server } from "node:http";

/** Has a server listen on a free port of 127.0.0.1. @returns its origin. */
export async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new TypeError("a server on a port has an address");
  return `http://127.0.0.1:${address.port}`;
}
