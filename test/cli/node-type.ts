import { kubeObjectSchema, type ResourceKind } from "@signatureapi-keys/controller/kube";

/** `nodes/v1`. */
export const nodeType: ResourceKind = {
  group: "",
  version: "v1",
  plural: "nodes",
  kind: "Node",
  namespaced: false,
  schema: kubeObjectSchema,
};
