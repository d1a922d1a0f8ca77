import type { Turns } from "../../account/turns.ts";
import type { View } from "@signatureapi-keys/lifecycle";
import type { KeyValue } from "@signatureapi-keys/management-api";
import type { AccountRuntime } from "../../account/runtime.ts";
import type { Aside } from "../../kube/index.ts";
import type { Secret } from "../../resources/types.ts";
import type { ApiKeyDocument, ApiKeyRef } from "../document.ts";
import type { ApiKeyEnvironment } from "../environment.ts";

/** What one pass holds in memory, and a crash loses. */
export interface PassMemory {
  /** The object as it was last read or written. */
  object: ApiKeyDocument;
  /** The Secret as it was last read or written live, with its values. */
  secret: Secret | undefined;
  /** The value that was just minted: it goes into the Secret and nowhere else. */
  value: KeyValue | undefined;
  /** Where it was let in to ask for a key, if so. The account may have another limiter by the end of the pass. */
  turns: Turns | undefined;
}

/** What a step is applied with. */
export interface StepContext {
  readonly env: ApiKeyEnvironment;
  readonly ref: ApiKeyRef;
  /** For what waits: no worker is kept meanwhile. */
  readonly aside: Aside;
  readonly memory: PassMemory;
  readonly view: View;
  readonly account: AccountRuntime | undefined;
}
