import { isKubeError, type KubeErrorKind } from "@signatureapi-keys/controller/kube";

/** What a read of the cluster has answered, or why it has not. */
export type Read<T> = { readonly value: T } | { readonly failed: KubeErrorKind; readonly message: string };

/** Reads, and turns a refusal of the API server into an answer. @throws whatever is no KubeError */
export async function attempt<T>(read: () => Promise<T>): Promise<Read<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    if (!isKubeError(error)) throw error;
    return { failed: error.kind, message: error.message };
  }
}

/** What was read, or undefined. */
export function valueOf<T>(read: Read<T>): T | undefined {
  return "value" in read ? read.value : undefined;
}
