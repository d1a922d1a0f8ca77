import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parse } from "yaml";
import * as z from "zod";

/** What a container is like, as far as the process in it can see. */
export interface ContainerSettings {
  /** The limit of its memory, in bytes. */
  readonly memory: number;
  /** Which version of cgroups the node has. Default 2. */
  readonly cgroups?: 1 | 2;
  /** As whom it runs, as on OpenShift: group 0, and nothing but HOME in the environment. Needs root. Default: as this process. */
  readonly uid?: number;
  /** Where the API server is, and the folder of the service account's files. Default: it is in no cluster. */
  readonly pod?: Pod;
}

/** What a Pod gets from its cluster. */
export interface Pod {
  readonly apiServer: URL;
  /** Has `token`, `ca.crt` and `namespace`. */
  readonly serviceAccount: string;
}

const kubeconfigSchema = z.object({
  clusters: z.tuple([
    z.object({ cluster: z.object({ server: z.url(), "certificate-authority-data": z.base64() }) }),
  ]),
  users: z.tuple([z.object({ user: z.object({ token: z.string() }) })]),
});

/** Writes into a folder what the kubelet writes into a Pod, from the kubeconfig of a service account. */
export async function projectServiceAccount(
  kubeconfig: string,
  namespace: string,
  folder: string,
): Promise<Pod> {
  const { clusters, users } = kubeconfigSchema.parse(parse(await readFile(kubeconfig, "utf8")));
  const { server, "certificate-authority-data": ca } = clusters[0].cluster;
  await writeFile(join(folder, "token"), users[0].user.token);
  await writeFile(join(folder, "ca.crt"), Buffer.from(ca, "base64"));
  await writeFile(join(folder, "namespace"), namespace);
  return { apiServer: new URL(server), serviceAccount: folder };
}

/** Whether this machine can start a process in mounts of its own. */
export const HAS_CONTAINERS = process.platform === "linux";

/** Whether this machine also lets a process become another user. */
export const HAS_USERS = HAS_CONTAINERS && process.getuid?.() === 0;

// The kernel of a container shows its limits in files, and so do we. Nothing holds the process to them.
const CGROUPS = {
  1: `folder="/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)"
    mkdir -p "$folder"
    echo "$MEMORY" > "$folder/memory.limit_in_bytes"
    echo 9223372036854771712 > "$folder/memory.soft_limit_in_bytes"`,
  2: `echo "0::/" > /sys/fs/cgroup/own
    mount --bind /sys/fs/cgroup/own "/proc/$$/cgroup"
    echo "$MEMORY" > /sys/fs/cgroup/memory.max
    echo max > /sys/fs/cgroup/memory.high`,
};

/**
 * The beginning of a command line that runs the rest of the line as in a container: with files that show a limit of
 * memory, a root that cannot be written, and `/` as the current folder.
 */
export function container({ memory, cgroups = 2, uid, pod }: ContainerSettings): readonly string[] {
  const env = [
    ...(uid === undefined ? [] : ["--ignore-environment", "HOME=/"]),
    ...(pod === undefined
      ? []
      : [
          `KUBERNETES_SERVICE_HOST=${pod.apiServer.hostname}`,
          `KUBERNETES_SERVICE_PORT=${pod.apiServer.port}`,
        ]),
  ];
  const user = uid === undefined ? [] : ["/usr/bin/setpriv", `--reuid=${uid}`, "--regid=0", "--clear-groups"];
  const files = "/var/run/secrets/kubernetes.io/serviceaccount";
  const script = `set -e
    MEMORY=${memory}
    mount -t tmpfs none /sys/fs/cgroup
    ${CGROUPS[cgroups]}
    ${pod === undefined ? "" : `mount -t tmpfs none /run; mkdir -p ${files}; cp '${pod.serviceAccount}'/* ${files}; mount -o remount,ro /run`}
    mount -o remount,bind,ro /
    cd /
    exec env ${[...env, ...user].join(" ")} "$@"`;
  const mapping = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  return ["unshare", "--mount", ...mapping, "bash", "-c", script, "container"];
}
