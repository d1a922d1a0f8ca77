import { kubeObjectSchema, type KubeClient, type ResourceKind } from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import type { AdmissionPolicy } from "../facts.ts";
import { attempt, type Read } from "../read.ts";

const LABELLED = "app.kubernetes.io/part-of=signatureapi-keys";

const bindingSchema = kubeObjectSchema.extend({
  spec: z.looseObject({ policyName: z.string(), validationActions: z.array(z.string()).optional() }),
});

const admission = { group: "admissionregistration.k8s.io", version: "v1", namespaced: false } as const;

const POLICIES: ResourceKind = {
  ...admission,
  plural: "validatingadmissionpolicies",
  kind: "ValidatingAdmissionPolicy",
  schema: kubeObjectSchema,
};

const BINDINGS: ResourceKind<z.output<typeof bindingSchema>> = {
  ...admission,
  plural: "validatingadmissionpolicybindings",
  kind: "ValidatingAdmissionPolicyBinding",
  schema: bindingSchema,
};

/** The admission policies of the chart. A binding counts whatever labels it has. */
export async function readPolicies(
  kube: Pick<KubeClient, "listAll">,
): Promise<Read<readonly AdmissionPolicy[]>> {
  return attempt(async () => {
    const policies = (await kube.listAll(POLICIES, { labelSelector: LABELLED })).items;
    const bindings = (await kube.listAll(BINDINGS)).items;
    return policies.map(({ metadata: { name } }) => {
      const own = bindings.filter(({ spec }) => spec.policyName === name);
      const denies = own.some(({ spec }) => spec.validationActions?.includes("Deny") === true);
      return { name, bound: own.length > 0, denies };
    });
  });
}
