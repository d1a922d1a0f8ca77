import type { EventRecorder, KubeObject } from "./kube/index.ts";

/** What an event says about an object. */
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

/** A sink that records each event as one of the object at the version that was seen. */
export function eventSink(recorder: Pick<EventRecorder, "record">): EventSink {
  return {
    record: ({ apiVersion, kind, metadata }, { type, reason, action, note }) => {
      const { name, namespace, uid, resourceVersion } = metadata;
      const regarding = { apiVersion, kind, name, namespace, uid, resourceVersion };
      recorder.record({ regarding, type, reason, action, note });
    },
  };
}
