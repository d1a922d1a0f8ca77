import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import process from "node:process";
import type { Timing } from "@signatureapi-keys/lifecycle";
import { Changes } from "../e2e/changes.ts";
import type { Pass } from "./points.ts";
import {
  noticeSchema,
  SETTINGS_VARIABLE,
  type Command,
  type Notice,
  type Settings,
  type Trap,
} from "./protocol.ts";

const PATIENCE_MS = 60_000;

/** How a controller is started. */
export interface Start {
  /** Names it in reports. */
  readonly name: string;
  /** What to run: a bundle of controller-process.ts. */
  readonly file: string;
  readonly flags: readonly string[];
  readonly timing: Timing;
  /** The traps that are set from the start. */
  readonly traps?: readonly Trap[];
}

/** A controller in a process of its own, which stops at named points by its own hand. */
export class CrashingController {
  readonly name: string;
  /** Every line that it has printed. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #changes = new Changes();
  /** What it has reported since its traps were set last, its rests among it. */
  #reports: (Notice | "at rest")[] = [];

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
    const closed = streams.map(async (stream) => once(stream, "close"));
    this.#exited = Promise.all([once(child, "exit"), ...closed]);
    for (const input of streams) createInterface({ input }).on("line", (line) => this.#hear(line));
    void this.#exited.then(() => this.#changes.report());
  }

  /** Starts it; what it does is awaited by its effects. */
  static start({ name, file, flags, timing, traps = [] }: Start): CrashingController {
    const settings: Settings = { flags: [...flags], timing, traps: [...traps] };
    const child = spawn(process.execPath, [file], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { [SETTINGS_VARIABLE]: JSON.stringify(settings), NODE_COMPILE_CACHE: `${dirname(file)}/compiled` },
    });
    return new CrashingController(name, child);
  }

  /** The steps that it has begun since it was started, or its traps were set last: a list from each rest to the next. */
  get passes(): readonly Pass[] {
    const passes: string[][] = [[]];
    for (const report of this.#reports) {
      if (report === "at rest") passes.push([]);
      else if (report.crashTest === "before") passes.at(-1)?.push(report.step);
    }
    return passes;
  }

  /** Sets its traps, and begins the count of its steps anew. */
  async setTraps(traps: readonly Trap[]): Promise<void> {
    this.#send({ traps: [...traps] });
    await this.#until("has set its traps", () => this.#has("set"));
  }

  /**
   * Resolves with the first trap of these that it has sprung; one that kills is awaited to the process's end.
   *
   * @throws Error where it has sprung none after a minute, or the patience in milliseconds.
   */
  async trapped(
    actions: readonly Trap["action"][],
    patience = PATIENCE_MS,
  ): Promise<Trap["action"] | undefined> {
    const find = (): Trap["action"] | undefined => actions.find((action) => this.#has(action));
    await this.#until(`comes to its ${actions.join(" or ")}`, () => find() !== undefined, patience);
    const sprung = find();
    if (sprung === "kill") await this.#exited;
    return sprung;
  }

  /** Lets it go on from where it holds. */
  goOn(): void {
    this.#send({ goOn: true });
  }

  /** Lets it go on from where it was stopped (SIGCONT). */
  wake(): void {
    this.#child.kill("SIGCONT");
  }

  /** Resolves once it has said that its object is at rest, after so many such lines. */
  async rested(count = 1): Promise<void> {
    await this.#until("comes to rest", () => this.lines.filter(isRest).length >= count);
  }

  /** How often it has said so far that its object is at rest. */
  get rests(): number {
    return this.lines.filter(isRest).length;
  }

  /** Asks it to end, and waits for it. */
  async stop(): Promise<void> {
    if (this.#isRunning) this.#child.kill("SIGTERM");
    await this.#exited;
  }

  /** Kills it, stopped or not, and waits for it. */
  async kill(): Promise<void> {
    if (this.#isRunning) this.#child.kill("SIGKILL");
    await this.#exited;
  }

  get #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  #send(command: Command): void {
    this.#child.send(command);
  }

  #has(wanted: Notice["crashTest"]): boolean {
    return this.#reports.some((report) => report !== "at rest" && report.crashTest === wanted);
  }

  #hear(line: string): void {
    this.lines.push(line);
    const notice = line.startsWith('{"crashTest"') ? noticeSchema.parse(JSON.parse(line)) : undefined;
    if (notice?.crashTest === "set") this.#reports = [];
    if (notice !== undefined) this.#reports.push(notice);
    else if (isRest(line)) this.#reports.push("at rest");
    this.#changes.report();
  }

  async #until(what: string, holds: () => boolean, patience = PATIENCE_MS): Promise<void> {
    const look = (): boolean => {
      if (holds()) return true;
      if (!this.#isRunning) throw new Error(`controller ${this.name} ended before it ${what}`);
      return false;
    };
    await this.#changes.until(look, () => `controller ${this.name} ${what}`, patience);
  }
}

function isRest(line: string): boolean {
  return line.includes('"at rest"');
}
