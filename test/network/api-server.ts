import { connect, type Socket } from "node:net";
import { createServer } from "node:tls";
import { onTestFinished } from "vitest";
import { startEmulator, type Emulator } from "../../management-api/src/emulator/index.ts";
import { createAuthority, issueCertificate, type KeyPair } from "../cluster/certificates.ts";
import { listen } from "./listening.ts";

/** The account and its token in these tests. */
export const ACCOUNT = "acc_test";
export const TOKEN = "token-of-the-test-account";

/** The management API behind TLS, as a company has it. */
export interface ApiServer {
  readonly emulator: Emulator;
  /** Who has signed its certificate. */
  readonly authority: KeyPair;
  readonly port: number;
  /** Takes a certificate of another authority, and breaks the connections that there are. */
  replaceCertificate(authority: KeyPair): void;
}

/** Starts the emulator, and in front of it a server with a certificate of a CA of its own. They end with the test. */
export async function startApiServer(host = "127.0.0.1"): Promise<ApiServer> {
  const emulator = await startEmulator({
    accounts: [{ id: ACCOUNT, token: TOKEN, name: "Test" }],
    rateLimit: 10_000,
    burst: 10_000,
  });
  const authority = createAuthority("company CA");
  const sockets = new Set<Socket>();
  const server = createServer(serverCertificate(authority), (secure) => {
    const plain = connect(Number(new URL(emulator.url).port), "127.0.0.1");
    for (const socket of [secure, plain]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => sockets.delete(socket));
    }
    secure.pipe(plain).pipe(secure);
  });
  const port = await listen(server, host);
  const breakAll = (): void => sockets.forEach((socket) => socket.destroy());
  onTestFinished(async () => {
    breakAll();
    await new Promise((done) => server.close(done));
    await emulator.close();
  });
  return {
    emulator,
    authority,
    port,
    replaceCertificate: (next) => {
      server.setSecureContext(serverCertificate(next));
      breakAll();
    },
  };
}

function serverCertificate(authority: KeyPair): { key: string; cert: string } {
  const { key, certificate } = issueCertificate(authority, {
    usage: "server",
    commonName: "api",
    dnsNames: ["api.example.com", "localhost"],
    ipAddresses: ["127.0.0.1", "::1"],
  });
  return { key, cert: certificate };
}
