import * as net from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { endWithEngine, engineAt } from "./engine.ts";

vi.mock("node:net", { spy: true });

describe("an engine", () => {
  test("listens as long as its port is open", async () => {
    const server = net.createServer((socket) => socket.destroy());
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("the server has no port");
    const listens = engineAt(`127.0.0.1:${address.port}`);
    expect(await listens()).toBe(true);
    await new Promise((done) => server.close(done));
    expect(await listens()).toBe(false);
  });

  test.each([undefined, "", "localhost", "localhost:", ":8080", "localhost:http", "127.0.0.1:9x"])(
    "that was not named (%s) counts as there",
    async (address) => {
      expect(await engineAt(address)()).toBe(true);
    },
  );

  test.each([
    ["connect", true],
    ["error", false],
    // Too busy to accept is not gone.
    ["timeout", true],
  ])("is asked for five seconds, by one connection that is closed again (%s)", async (event, there) => {
    const socket = new net.Socket();
    vi.mocked(net.connect).mockReturnValueOnce(socket);
    const setTimeout = vi.spyOn(socket, "setTimeout");
    const answer = engineAt("127.0.0.1:8080")();
    expect(net.connect).toHaveBeenLastCalledWith({ host: "127.0.0.1", port: 8080 });
    expect(setTimeout).toHaveBeenCalledWith(5_000);
    socket.emit(event, new Error("refused"));
    expect(await answer).toBe(there);
    expect(socket.destroyed).toBe(true);
  });
});

describe("the process of the provider", () => {
  const WATCH_EVERY_MS = 15_000;
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** How many looks it takes until the process ends; `undefined` for never. */
  async function looksUntilEnd(answers: readonly boolean[]): Promise<number | undefined> {
    const rest = [...answers];
    const end = vi.fn<() => void>();
    endWithEngine(() => Promise.resolve(rest.shift() ?? true), end);
    for (let looks = 1; looks <= answers.length; looks += 1) {
      await vi.advanceTimersByTimeAsync(WATCH_EVERY_MS);
      if (end.mock.calls.length > 0) return looks;
    }
    return undefined;
  }

  test.each([
    ["ends after two looks in a row without the engine", [true, false, false, false], 3],
    ["goes on after one", [false, true, false, true, false, true], undefined],
    ["goes on with its engine", [true, true, true], undefined],
  ])("%s", async (_what, answers, looks) => {
    expect(await looksUntilEnd(answers)).toBe(looks);
  });

  test("is not kept alive by the watch", () => {
    const timer = vi.spyOn(globalThis, "setInterval");
    endWithEngine(
      () => Promise.resolve(true),
      () => undefined,
    );
    expect(timer.mock.results[0]?.value).toMatchObject({ refed: false });
  });
});
