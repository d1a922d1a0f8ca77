import { Dispatcher } from "undici";
import { describe, expect, test } from "vitest";
import { exchange, ExchangeFailure } from "./exchange.ts";
import { ManualClock } from "./manual-clock.ts";

/** One start of a request, as undici makes it: bytes leave unless it is aborted before the start returns. */
class Start implements Dispatcher.DispatchController {
  reason: Error | null = null;
  readonly paused = false;

  get aborted(): boolean {
    return this.reason !== null;
  }

  abort(reason: Error): void {
    this.reason ??= reason;
  }

  pause(): void {}
  resume(): void {}
}

/** A dispatcher that does nothing by itself: the test starts, answers and fails the request. */
class ScriptedDispatcher extends Dispatcher {
  handler: Dispatcher.DispatchHandler = {};

  override dispatch(_options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.handler = handler;
    return true;
  }

  start(): Start {
    const start = new Start();
    this.handler.onRequestStart?.(start, undefined);
    return start;
  }

  answer(start: Start, status = 201): void {
    this.handler.onResponseStart?.(start, status, { "content-type": "application/json" }, "Created");
    this.handler.onResponseData?.(start, Buffer.from("{}"));
    this.handler.onResponseEnd?.(start, {});
  }
}

function send(signals: { signal?: AbortSignal; waitSignal?: AbortSignal } = {}) {
  const dispatcher = new ScriptedDispatcher();
  const clock = new ManualClock();
  const request = {
    method: "POST",
    origin: "https://api.example.com",
    path: "/v1/api-keys",
    headers: {},
    body: "{}",
  } as const;
  const outcome = exchange(dispatcher, request, {
    requestMs: 30_000,
    maxBytes: 1_024,
    clock,
    ...signals,
  }).catch((error: unknown) => error);
  return { dispatcher, clock, outcome };
}

describe("a request is sent once", () => {
  test("and its answer is handed over", async () => {
    const { dispatcher, outcome } = send();
    const start = dispatcher.start();
    dispatcher.answer(start);
    expect(await outcome).toMatchObject({
      status: 201,
      contentType: "application/json",
      body: Buffer.from("{}"),
    });
    expect(start.aborted).toBe(false);
  });

  test("a second start, which would send it again, is aborted, and what the first one did is not known", async () => {
    const { dispatcher, outcome } = send();
    const [first, second] = [dispatcher.start(), dispatcher.start()];
    expect([first.aborted, second.aborted]).toEqual([true, true]);
    const failure = await outcome;
    expect(failure).toBeInstanceOf(ExchangeFailure);
    expect(failure).toMatchObject({ kind: "connection", sent: true });
  });

  test("a second start after a complete answer is aborted, and the answer stays", async () => {
    const { dispatcher, outcome } = send();
    dispatcher.answer(dispatcher.start());
    expect(dispatcher.start().aborted).toBe(true);
    expect(await outcome).toMatchObject({ status: 201 });
  });

  test("an answer to a second start is not taken", async () => {
    const { dispatcher, outcome } = send();
    dispatcher.start();
    dispatcher.answer(dispatcher.start());
    expect(await outcome).toBeInstanceOf(ExchangeFailure);
  });

  test("a start after the deadline is aborted, and nothing was sent", async () => {
    const { dispatcher, clock, outcome } = send();
    clock.advance(30_000);
    expect(await outcome).toMatchObject({ kind: "timeout", sent: false });
    expect(dispatcher.start().aborted).toBe(true);
  });
});

describe("the signal for the wait", () => {
  test("gives up a request that was not started, and nothing was sent", async () => {
    const wait = new AbortController();
    const { dispatcher, outcome } = send({ waitSignal: wait.signal });
    wait.abort();
    expect(await outcome).toMatchObject({ kind: "aborted", sent: false });
    expect(dispatcher.start().aborted).toBe(true);
  });

  test("does not touch a request that is on its way", async () => {
    const wait = new AbortController();
    const { dispatcher, outcome } = send({ waitSignal: wait.signal });
    const start = dispatcher.start();
    wait.abort();
    dispatcher.answer(start);
    expect(await outcome).toMatchObject({ status: 201 });
  });
});
