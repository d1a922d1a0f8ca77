import { DEFAULT_TIMING, type Timing } from "@signatureapi-keys/lifecycle";
import { createLog, readOptions, run, type StepHooks } from "@signatureapi-keys/controller";
import type { ClusterAccess, LeaseDurations } from "@signatureapi-keys/controller/kube";
import type { ProxyRules } from "@signatureapi-keys/management-api";
import { Changes } from "./changes.ts";

/** How a test's controller differs from the default. */
export interface ControllerSettings {
  /** Flags as on the command line. */
  readonly flags?: readonly string[];
  readonly timing?: Timing;
  readonly hooks?: StepHooks;
  readonly identity?: string;
  /** Whose credentials it has; the administrator's by default. */
  readonly access?: ClusterAccess;
  /** Of its election. */
  readonly lease?: LeaseDurations;
  /** Which proxies lead to the management API; none by default. */
  readonly proxies?: ProxyRules;
}

const SERVING_METRICS = /"address":"([^"]+)","msg":"serving \/metrics"/;

/** A controller that runs in the process of the test. */
export class RunningController {
  /** Every line that it has logged. */
  readonly lines: string[];
  readonly #changes: Changes;
  readonly #stop: AbortController;
  readonly #ended: Promise<number>;

  private constructor(lines: string[], changes: Changes, stop: AbortController, ended: Promise<number>) {
    this.lines = lines;
    this.#changes = changes;
    this.#stop = stop;
    this.#ended = ended;
  }

  /** Starts it. It works once its caches are filled; a test awaits the effects, not the start. */
  static async start(
    access: ClusterAccess,
    baseUrl: string,
    settings: ControllerSettings,
  ): Promise<RunningController> {
    const ports = ["--metrics-address", "0", "--health-address", "0"];
    const flags = ["--allowed-base-urls", baseUrl, ...ports, "--log-level", "debug"];
    const options = readOptions([...flags, ...(settings.flags ?? [])], {});
    if (options === "help") throw new TypeError("a test does not ask for help");
    const lines: string[] = [];
    const changes = new Changes();
    const write = (line: string): void => {
      lines.push(line);
      changes.report();
    };
    const log = createLog({ level: options.logLevel, format: "json", write });
    const stop = new AbortController();
    const context = {
      options,
      access: settings.access ?? access,
      inCluster: false,
      log,
      identity: settings.identity ?? "test",
      timing: settings.timing ?? DEFAULT_TIMING,
      ...(settings.hooks === undefined ? {} : { hooks: settings.hooks }),
      ...(settings.lease === undefined ? {} : { lease: settings.lease }),
      ...(settings.proxies === undefined ? {} : { proxies: settings.proxies }),
    };
    return new RunningController(lines, changes, stop, run(context, stop.signal));
  }

  /** Resolves once so many lines match. @throws Error after 20 s. */
  async logged(pattern: RegExp, count = 1): Promise<void> {
    const holds = (): boolean => this.lines.filter((line) => pattern.test(line)).length >= count;
    await this.#changes.until(holds, () => `${count} log lines match ${String(pattern)}`, 20_000);
  }

  /** `host:port` of /metrics; it is served only with `--metrics-address`. */
  async metricsAddress(): Promise<string> {
    await this.logged(SERVING_METRICS);
    const found = this.lines.flatMap((line) => SERVING_METRICS.exec(line)?.[1] ?? []);
    return found[0] ?? "";
  }

  /** The text of /metrics. */
  async metrics(): Promise<string> {
    return (await fetch(`http://${await this.metricsAddress()}/metrics`)).text();
  }

  /** Stops it gracefully. @returns the exit status. */
  async stop(): Promise<number> {
    this.#stop.abort();
    return this.#ended;
  }

  /** Resolves when it ends by itself. */
  get ended(): Promise<number> {
    return this.#ended;
  }
}
