import type { KubeObject } from "@signatureapi-keys/controller/kube";
import { FLAG_NAMES } from "@signatureapi-keys/controller/options";
import * as z from "zod";
import { redactMetadata } from "./metadata.ts";
import { lengthOf, redactObject, type Fields } from "./object.ts";
import { redactText } from "./text.ts";

/** Variables whose values are addresses or paths. User and password of an address are taken out. */
const KNOWN_VARIABLES: ReadonlySet<string> = new Set([
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
  "NODE_EXTRA_CA_CERTS",
]);
const OUR_VARIABLES = "SIGNATUREAPI_CONTROLLER_";

const POD: Fields = [
  "serviceAccountName",
  "priorityClassName",
  "nodeName",
  "restartPolicy",
  "dnsPolicy",
  "securityContext.**",
  "nodeSelector.**",
  "tolerations[].**",
  ...["containers[]", "initContainers[]"].flatMap((container) =>
    [
      "name",
      "image",
      "imagePullPolicy",
      "args[]",
      "env[].name",
      "env[].value",
      "env[].valueFrom.**",
      "envFrom[].**",
      "ports[].**",
      "resources.**",
      "securityContext.**",
      "livenessProbe.httpGet.**",
      "readinessProbe.httpGet.**",
      "volumeMounts[].**",
    ].map((field) => `${container}.${field}`),
  ),
  "volumes[].name",
  ...["configMap", "secret", "projected", "emptyDir"].map((kind) => `volumes[].${kind}.**`),
];

const looseObject = z.looseObject({});
const containerSchema = z.looseObject({
  args: z.array(z.string()).optional(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional(),
});
const podSpecSchema = z.looseObject({
  containers: z.array(containerSchema).optional(),
  initContainers: z.array(containerSchema).optional(),
});
const workloadSchema = z.looseObject({
  spec: z
    .looseObject({
      replicas: z.number().optional(),
      strategy: z.unknown().optional(),
      selector: z.unknown().optional(),
      template: z.looseObject({ metadata: looseObject.optional(), spec: podSpecSchema }).optional(),
    })
    .optional(),
  status: z.unknown().optional(),
});

/** A Deployment: of its Pods what {@link redactPod} keeps. */
export function redactDeployment(object: KubeObject): unknown {
  const { spec, status } = workloadSchema.parse(object);
  const template = spec?.template;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: redactMetadata(object),
    spec: {
      replicas: spec?.replicas,
      ...asRecord(
        redactObject({ strategy: spec?.strategy, selector: spec?.selector }, ["strategy.**", "selector.**"]),
      ),
      template: { spec: redactPodSpec(template?.spec) },
    },
    ...asRecord(redactObject({ status }, ["status.**"])),
  };
}

/** A Pod: images, flags and names of variables, and the values of those that hold no secret. */
export function redactPod(object: KubeObject): unknown {
  const { spec } = z.looseObject({ spec: podSpecSchema.optional() }).parse(object);
  const { status } = z.looseObject({ status: z.unknown().optional() }).parse(object);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: redactMetadata(object),
    spec: redactPodSpec(spec),
    ...asRecord(redactObject({ status }, ["status.**"])),
  };
}

function redactPodSpec(spec: z.output<typeof podSpecSchema> | undefined): unknown {
  const prepared = {
    ...spec,
    containers: spec?.containers?.map(redactContainer),
    initContainers: spec?.initContainers?.map(redactContainer),
  };
  return redactObject(prepared, POD);
}

function redactContainer(container: z.output<typeof containerSchema>): unknown {
  const { args, env } = container;
  return {
    ...container,
    ...(args !== undefined && { args: args.map(redactArgument) }),
    ...(env !== undefined && { env: env.map(redactVariable) }),
  };
}

/** The controller's own flags hold no secrets; what else stands in a command line may. */
function redactArgument(argument: string): string {
  const [, name, value] = /^--([a-z-]+)(?:=([\s\S]*))?$/u.exec(argument) ?? [];
  if (name === undefined) return lengthOf(argument);
  if (value === undefined) return argument;
  return `--${name}=${FLAG_NAMES.has(name) ? redactText(value) : lengthOf(value)}`;
}

function redactVariable<T extends { readonly name: string; readonly value?: string | undefined }>(
  variable: T,
): T {
  const { name, value } = variable;
  if (value === undefined) return variable;
  const isKnown = KNOWN_VARIABLES.has(name.toUpperCase()) || name.startsWith(OUR_VARIABLES);
  return { ...variable, value: isKnown ? redactText(value) : lengthOf(value) };
}

function asRecord(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
