import { Option, type Command } from "commander";
import * as z from "zod";
import { durationFlag } from "../duration-flag.ts";

const GROUP = "Cluster:";

/** How to reach the cluster: the flags of kubectl, with its names and meanings. */
export const clusterFlagsSchema = z.object({
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  cluster: z.string().optional(),
  user: z.string().optional(),
  server: z.url({ protocol: /^https?$/u, error: "must be an http or https URL" }).optional(),
  token: z.string().optional(),
  certificateAuthority: z.string().optional(),
  insecureSkipTlsVerify: z.boolean().optional(),
  tlsServerName: z.string().optional(),
  as: z.string().optional(),
  asGroup: z.array(z.string()).optional(),
  asUid: z.string().optional(),
  requestTimeout: durationFlag(0),
  namespace: z.string().min(1, "must not be empty").optional(),
  allNamespaces: z.boolean().default(false),
});

export type ClusterFlags = z.output<typeof clusterFlagsSchema>;

/** Declares {@link clusterFlagsSchema}. */
export function declareClusterFlags(program: Command): void {
  const options = [
    new Option("--kubeconfig <file>", "the kubeconfig file; by default KUBECONFIG, then ~/.kube/config"),
    new Option("--context <name>", "the context of the kubeconfig"),
    new Option("--cluster <name>", "the cluster of the kubeconfig"),
    new Option("--user <name>", "the user of the kubeconfig"),
    new Option("-s, --server <url>", "the address of the API server"),
    new Option("--token <token>", "a bearer token for the API server"),
    new Option("--certificate-authority <file>", "a file with the CA certificate of the API server"),
    new Option("--insecure-skip-tls-verify", "do not check the certificate of the API server"),
    new Option("--tls-server-name <name>", "the name that the certificate of the API server must have"),
    new Option("--as <user>", "the user to impersonate"),
    new Option("--as-group <group>", "a group to impersonate; may be repeated").argParser(collect),
    new Option("--as-uid <uid>", "the UID to impersonate"),
    new Option(
      "--request-timeout <duration>",
      "the longest time for one request; 0 means the default of 30s",
    ),
    new Option("-n, --namespace <name>", "the namespace; by default that of the context"),
    new Option("-A, --all-namespaces", "all namespaces, where a command lists objects"),
  ];
  for (const option of options) program.addOption(option.helpGroup(GROUP));
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}
