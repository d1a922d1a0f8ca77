import { ON_ADOPTIONS } from "./adoptions.ts";
import { ON_ETCD } from "./etcd.ts";
import { ON_OBJECTS, type Interference } from "./objects.ts";
import { ON_SECRETS } from "./secrets.ts";
import { ON_WORKLOADS } from "./workloads.ts";

const ALL = { ...ON_SECRETS, ...ON_OBJECTS, ...ON_ADOPTIONS, ...ON_ETCD, ...ON_WORKLOADS } as const;

/** The name of one of {@link INTERFERENCES}. */
export type InterferenceName = keyof typeof ALL;

/** Everything that the holder of a namespace, an operator of etcd, or an accident can do, by its name. */
export const INTERFERENCES: Readonly<Record<InterferenceName, Interference>> = ALL;

/** What people do who mean no harm. */
export const ACCIDENTS: readonly InterferenceName[] = [
  "a label is edited",
  "the Secret is deleted",
  "the ApiKey is deleted",
  "the rotation trigger is changed",
  "an emergency is called",
];

/** What people can do who meddle with an ApiKey and its Secret. */
export const MEDDLING: readonly InterferenceName[] = [
  "the Secret is deleted",
  "the Secret's value is edited",
  "the Secret's previous value is edited",
  "an entry is added to the Secret",
  "the Secret's annotations are stripped",
  "the ID of a key made by hand is forged into the Secret",
  "previous keys are forged into the Secret",
  "the status is wiped",
  "a label is edited",
  "the ApiKey is deleted",
  "the key is revoked from outside",
  "the rotation trigger is changed",
  "an emergency is called",
  "the overlap is edited",
  "the entry for the previous value is declared, or not any more",
];

/** What may happen to a key that is to be adopted. */
export const ADOPTION_MEDDLING: readonly InterferenceName[] = [
  "the key made by hand is revoked",
  "the key made by hand is rolled by hand",
  "the key made by hand is described anew",
  "another installation adopts the key made by hand",
  "spec.adopt is taken back",
];
