import type { KubeClient } from "@signatureapi-keys/controller/kube";
import type { ClusterFlags } from "./cluster/cluster-flags.ts";
import { connect, type Connection } from "./cluster/connect.ts";
import { UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import type { OutputFormat } from "./output/format.ts";
import { createStyle, type Style } from "./output/style.ts";

/** What the global flags say. */
export interface GlobalFlags {
  readonly cluster: ClusterFlags;
  readonly output: OutputFormat;
  /** False with `--no-color`. */
  readonly color: boolean;
}

/** What every command works with. */
export class Context {
  readonly io: Io;
  readonly output: OutputFormat;
  /** For standard output. */
  readonly style: Style;
  /** Whether `-A` is given. */
  readonly allNamespaces: boolean;
  readonly #flags: ClusterFlags;
  #connection: Promise<Connection> | undefined;

  constructor(io: Io, { cluster, output, color }: GlobalFlags) {
    this.io = io;
    this.output = output;
    this.style = createStyle(color && isColorful(io));
    this.allNamespaces = cluster.allNamespaces;
    this.#flags = cluster;
  }

  /** The client of the cluster; the kubeconfig is read at the first call. */
  async client(): Promise<KubeClient> {
    return (await this.#connect()).client;
  }

  /** The namespace that lists are read from; undefined for all. */
  async listNamespace(): Promise<string | undefined> {
    return this.allNamespaces ? undefined : (await this.#connect()).namespace;
  }

  /**
   * The namespace of an object that the command line names.
   * @throws UsageError with `-A`, since a name alone is then ambiguous
   */
  async namespace(): Promise<string> {
    if (this.allNamespaces)
      throw new UsageError("a name and --all-namespaces exclude each other; name the namespace with -n");
    return (await this.#connect()).namespace;
  }

  /** The namespace that the flag names; undefined for all, whatever the context's is. */
  get wantedNamespace(): string | undefined {
    return this.allNamespaces ? undefined : this.#flags.namespace;
  }

  /** The namespace of the flag or of the context, also with `-A`: where a command tries something. */
  async namespaceOrDefault(): Promise<string> {
    return (await this.#connect()).namespace;
  }

  /** Closes the connections, so that the process can end. */
  async close(): Promise<void> {
    if (this.#connection === undefined) return;
    const connection = await this.#connection.catch(() => undefined);
    await connection?.client.close();
  }

  #connect(): Promise<Connection> {
    this.#connection ??= connect(this.#flags, this.io.env);
    return this.#connection;
  }
}

/** https://no-color.org: any text that is not empty switches colors off. */
function isColorful({ stdout, env }: Io): boolean {
  return stdout.isTTY && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}
