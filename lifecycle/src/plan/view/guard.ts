/** What a write of the Secret is guarded by. */
export interface Guard {
  readonly uid: string;
  readonly resourceVersion: string;
}
