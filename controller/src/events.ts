import type { KubeObject } from "./kube/index.ts";

/** Something worth telling about an object. */
interface ObjectEvent {
  readonly type: "Normal" | "Warning";
  /** One word. */
  readonly reason: string;
  /** What was being done. */
  readonly action: string;
  /** A sentence, without secrets. */
  readonly note: string;
}

/** Takes events; it never fails and never waits, since an event must not decide over a reconcile. */
export interface EventSink {
  record(object: KubeObject, event: ObjectEvent): void;
}
