import { connect } from "node:net";

const PATIENCE_MS = 5_000;

/** Whether the engine that started this process still listens: it is the one that would take a result. */
export type EngineListens = () => Promise<boolean>;

/**
 * Asks by connecting to the engine's address. The host of dynamic providers outlives an engine that was killed, and
 * would finish a mint whose value it cannot deliver.
 *
 * @param address `host:port`, as the engine gives it to its plugins; without one, the engine
 * counts as there.
 */
export function engineAt(address: string | undefined): EngineListens {
  const [, host = "", port = ""] = /^(.+):(\d+)$/.exec(address ?? "") ?? [];
  if (host === "") return () => Promise.resolve(true);
  return () => listens(host, Number(port));
}

function listens(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  socket.setTimeout(PATIENCE_MS);
  const settle = (answer: boolean) => () => {
    resolve(answer);
    socket.destroy();
  };
  socket.once("connect", settle(true));
  socket.once("error", settle(false));
  // Too busy to accept is not gone: the kernel accepts for a process that lives.
  socket.once("timeout", settle(true));
  return promise;
}

const WATCH_EVERY_MS = 15_000;

/**
 * Ends this process after two looks in a row have not found its engine: the host itself would stay for ever. The timer
 * keeps no process alive.
 */
export function endWithEngine(listening: EngineListens, end: () => void): void {
  let silences = 0;
  const look = async (): Promise<void> => {
    silences = (await listening()) ? 0 : silences + 1;
    if (silences >= 2) end();
  };
  const timer = setInterval(() => void look(), WATCH_EVERY_MS);
  timer.unref();
}
