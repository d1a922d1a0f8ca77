import * as z from "zod";

const ref = z.looseObject({ name: z.string().optional() }).optional();

const containerSchema = z.looseObject({
  name: z.string().optional(),
  env: z
    .array(
      z.looseObject({
        name: z.string().optional(),
        valueFrom: z.looseObject({ secretKeyRef: ref }).optional(),
      }),
    )
    .nullish(),
  envFrom: z.array(z.looseObject({ secretRef: ref })).nullish(),
});

/** Of a Pod's spec, or a Pod template's, what can take something from a Secret. */
export const podSpecSchema = z.looseObject({
  containers: z.array(containerSchema).nullish(),
  initContainers: z.array(containerSchema).nullish(),
  ephemeralContainers: z.array(containerSchema).nullish(),
  volumes: z
    .array(
      z.looseObject({
        name: z.string().optional(),
        secret: z.looseObject({ secretName: z.string().optional() }).nullish(),
        projected: z.looseObject({ sources: z.array(z.looseObject({ secret: ref })).nullish() }).nullish(),
      }),
    )
    .nullish(),
});

export type PodSpec = z.infer<typeof podSpecSchema>;

/** How a Pod takes values: an environment keeps the value that it had at the start, a volume follows the Secret. */
export type SecretUse =
  | { readonly by: "env"; readonly variable: string }
  | { readonly by: "envFrom" }
  | { readonly by: "volume" | "projected volume"; readonly volume: string };

/** Every way in which a Pod takes something from a Secret, in any of its containers; each once. */
export function secretUses(spec: PodSpec, secretName: string): readonly SecretUse[] {
  const { containers, initContainers, ephemeralContainers, volumes } = spec;
  const all = [...(containers ?? []), ...(initContainers ?? []), ...(ephemeralContainers ?? [])];
  const uses: SecretUse[] = [];
  for (const { env, envFrom } of all) {
    for (const { name = "?", valueFrom } of env ?? []) {
      if (valueFrom?.secretKeyRef?.name === secretName) uses.push({ by: "env", variable: name });
    }
    if (envFrom?.some(({ secretRef }) => secretRef?.name === secretName) === true)
      uses.push({ by: "envFrom" });
  }
  for (const { name = "?", secret, projected } of volumes ?? []) {
    if (secret?.secretName === secretName) uses.push({ by: "volume", volume: name });
    if (projected?.sources?.some((source) => source.secret?.name === secretName) === true)
      uses.push({ by: "projected volume", volume: name });
  }
  return [...new Map(uses.map((use) => [useText(use), use])).values()];
}

/** `env SIGNATUREAPI_KEY`, `envFrom`, `volume keys`. */
export function useText(use: SecretUse): string {
  switch (use.by) {
    case "env":
      return `env ${use.variable}`;
    case "envFrom":
      return "envFrom";
    default:
      return `${use.by} ${use.volume}`;
  }
}
