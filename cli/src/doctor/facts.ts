import type { KubeErrorKind, KubeObject, Lease } from "@signatureapi-keys/controller/kube";
import type { AccountDocument } from "@signatureapi-keys/controller/accounts";
import type { ControllerOptions } from "@signatureapi-keys/controller/options";
import type { ApiKeySummary } from "./api-key-summary.ts";
import type { ControllerPod, Deployment } from "./cluster-objects.ts";
import type { Read } from "./read.ts";
import type { Right } from "./rights.ts";

/** A definition of a kind, as the cluster has it. */
export interface InstalledKind {
  readonly name: string;
  /** The versions that it serves. */
  readonly served: readonly string[];
  readonly established: boolean;
  /** The paths of all fields of the version of this plugin, such as `spec.rotation.every`. */
  readonly fields: readonly string[];
}

/** Kinds that this plugin declares, by their CRD's name. */
export interface ExpectedKind {
  readonly name: string;
  readonly version: string;
  readonly fields: readonly string[];
}

/** An installation of the controller. */
export interface InstalledController {
  readonly deployment: Deployment;
  /** What its flags say, or why they cannot be read. */
  readonly options: ControllerOptions | { readonly problem: string };
  readonly pods: Read<readonly ControllerPod[]>;
  /** Undefined without an election. */
  readonly lease: Read<Lease | undefined> | undefined;
  /** Whether its service account has what the chart grants. */
  readonly rights: Read<readonly CheckedRight[]>;
}

/** A right, and whether the service account has it. */
export interface CheckedRight {
  readonly right: Right;
  readonly allowed: boolean;
}

/** What the API server has said about the write of a Secret, as a dry run. */
export interface RehearsedWrite {
  readonly namespace: string;
  /** The controller's service account, or the user of the plugin. */
  readonly as: string;
  readonly outcome:
    | { readonly altered: readonly string[] }
    | { readonly refused: KubeErrorKind; readonly message: string };
}

/** A policy that guards our kinds, and whether something binds it. */
export interface AdmissionPolicy {
  readonly name: string;
  readonly bound: boolean;
  /** Whether a binding denies; otherwise it only warns or audits. */
  readonly denies: boolean;
}

/** A Secret with a token: its metadata, and nothing else. */
export interface CredentialSecret {
  readonly namespace: string;
  readonly name: string;
  readonly secret: Read<KubeObject | undefined>;
}

/** The time of the API server, by the Date of an answer. In milliseconds since the epoch. */
export interface ServerClock {
  readonly server: number;
  /** Ours, in the middle of the request. */
  readonly ours: number;
  /** Half of the time that the request took, and half a second, since a Date has whole ones. */
  readonly uncertainty: number;
}

/** All that the checks look at. Nothing in it is a value or a token. */
export interface Facts {
  /** `before` where the controller is not installed yet. */
  readonly when: "before" | "after";
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly pluginVersion: string;
  readonly kubernetes: Read<string>;
  readonly clock: ServerClock | undefined;
  readonly expectedKinds: readonly ExpectedKind[];
  readonly installedKinds: Read<readonly InstalledKind[]>;
  readonly controllers: Read<readonly InstalledController[]>;
  /** What an administrator needs in order to install the chart; empty after the installation. */
  readonly installerRights: Read<readonly CheckedRight[]>;
  readonly policies: Read<readonly AdmissionPolicy[]>;
  readonly rehearsals: readonly RehearsedWrite[];
  readonly accounts: Read<readonly AccountDocument[]>;
  readonly credentials: readonly CredentialSecret[];
  readonly apiKeys: Read<readonly ApiKeySummary[]>;
}
