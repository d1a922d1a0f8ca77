import { NodeProcess } from "./processes.ts";

/** A controller that runs. */
export class ControllerProcess extends NodeProcess {
  readonly #readyUrl: string;

  /** @param port of /readyz. */
  constructor(args: readonly string[], outputFile: string, port: number) {
    super(args, outputFile);
    this.#readyUrl = `http://127.0.0.1:${port}/readyz`;
  }

  /** Resolves when /readyz says so. @returns seconds since the start of the process. */
  async untilReady(): Promise<number> {
    await this.until(async () => {
      const answer = await fetch(this.#readyUrl).catch(() => undefined);
      return answer?.status === 200 ? true : undefined;
    });
    return (performance.now() - this.startedAt) / 1_000;
  }
}
