import * as pulumi from "@pulumi/pulumi";
import type { AdoptArgs, ApiKeyArgs, DeletionPolicy, Mode, PreviousKey, UnrecordedKey } from "./args.ts";
import { API_KEY_TYPE, BOOTSTRAP } from "./bootstrap.ts";
import { defaultDescription, installationOfStack, ownerOfResource } from "./identity.ts";
import { redactDebugMessages } from "./redact-debug.ts";

/**
 * An API key of SignatureAPI: minted when it is created, replaced when its rotation is due, revoked when it is deleted.
 *
 * @example
 * const key = new ApiKey("checkout", { mode: "live", rotation: { every: "90d", early: "7d", overlap: "24h" } });
 * export const keyId = key.keyId;
 */
export class ApiKey extends pulumi.CustomResource {
  /** The value of the key, always a secret; `undefined` for a key that {@link ApiKey.get} has looked up. */
  declare readonly key: pulumi.Output<string>;
  /** The ID of the key that is in use now. The resource's own `id` stays when the key is rotated. */
  declare readonly keyId: pulumi.Output<string>;
  declare readonly mode: pulumi.Output<Mode>;
  /** What the key is for, without the tag that the dashboard shows behind it. */
  declare readonly description: pulumi.Output<string>;
  declare readonly deletionPolicy: pulumi.Output<DeletionPolicy | undefined>;
  /** The first 12 hex digits of the SHA-256 of the value: safe to show, and different for every value. */
  declare readonly fingerprint: pulumi.Output<string | undefined>;
  /** The last four characters of the value. */
  declare readonly hint: pulumi.Output<string>;
  /** When the key in use was created (ISO 8601). */
  declare readonly createdAt: pulumi.Output<string>;
  /** The ordinal of the key in use: 1 is the first key of this resource. */
  declare readonly revision: pulumi.Output<number>;
  /** When the next rotation is due (ISO 8601); `undefined` without `rotation.every`. */
  declare readonly nextRotationAt: pulumi.Output<string | undefined>;
  /** Keys that were replaced, and live until their overlap has passed. */
  declare readonly previous: pulumi.Output<PreviousKey[]>;
  /** `active`; or what a refresh or a failed update has found: `revoked`, `rolled`, `unconfirmed`, `rolling`. */
  declare readonly status: pulumi.Output<string>;
  /** Keys with the tag of this resource that its state does not record. A warning names each of them. */
  declare readonly unrecordedKeys: pulumi.Output<UnrecordedKey[]>;
  /** The account that the key belongs to. */
  declare readonly accountId: pulumi.Output<string>;

  /**
   * Looks a key up by its ID, without managing it. Its value cannot be looked up: `key` is `undefined`.
   *
   * @param name the name of the resource in this program.
   * @param id the ID of the key, as the dashboard shows it (`ak_…`).
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): ApiKey {
    return new ApiKey(name, undefined, { ...opts, id });
  }

  /**
   * Declares a key.
   *
   * @param name the name of the resource; unique in the stack.
   */
  constructor(name: string, args: ApiKeyArgs, opts?: pulumi.CustomResourceOptions);
  /** @internal */
  constructor(name: string, args: ApiKeyArgs | undefined, opts?: pulumi.CustomResourceOptions);
  constructor(name: string, args: ApiKeyArgs | undefined, opts: pulumi.CustomResourceOptions = {}) {
    redactDebugMessages();
    const inputs = opts.id === undefined ? declared(name, args ?? {}, opts) : {};
    super(
      API_KEY_TYPE,
      name,
      { ...OUTPUTS, ...inputs, __provider: BOOTSTRAP },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["key"] }),
    );
    if (opts.id === undefined) warnOfUnrecordedKeys(this, name);
  }
}

const PAGE =
  "https://github.com/signatureapi-keys/signatureapi-keys/blob/main/docs/pulumi.md#unrecorded-keys";

/** The names that the SDK makes outputs of. */
const OUTPUTS = Object.fromEntries(
  [
    "key",
    "keyId",
    "mode",
    "description",
    "deletionPolicy",
    "fingerprint",
    "hint",
    "createdAt",
    "revision",
    "nextRotationAt",
    "previous",
    "status",
    "unrecordedKeys",
    "accountId",
  ].map((output) => [output, undefined]),
);

function declared(
  name: string,
  args: Partial<ApiKeyArgs>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Inputs {
  const { mode, description, rotation, deletionPolicy, adopt } = args;
  return {
    mode,
    description: description ?? defaultDescription(name),
    deletionPolicy: deletionPolicy ?? "Revoke",
    rotation,
    adopt: adopt === undefined ? undefined : secretValue(adopt),
    installation: installationOfStack(),
    owner: ownerOfResource(name, opts.parent),
  };
}

/** The value of an adopted key becomes a secret even where the program does not mark it; its ID is none. */
function secretValue(adopt: pulumi.Input<AdoptArgs>): pulumi.Input<pulumi.Inputs> {
  if (pulumi.Output.isInstance(adopt) || adopt instanceof Promise) {
    return pulumi.output(adopt).apply((known) => secretValue(known));
  }
  const { key, ...rest } = adopt;
  return key === undefined ? rest : { ...rest, key: pulumi.secret(key) };
}

function warnOfUnrecordedKeys(resource: ApiKey, name: string): void {
  // An output that is not known yet, as in a preview of a create, runs nothing. A state that an older version of this
  // package wrote has no such output until its next update.
  resource.unrecordedKeys.apply((keys: UnrecordedKey[] | undefined) => {
    for (const key of keys ?? []) void pulumi.log.warn(unrecordedKeyWarning(key, name), resource);
  });
}

/** What to do comes after what to look for: the key may be in use, and revoking or rolling it would stop a service. */
function unrecordedKeyWarning({ keyId, createdAt, description }: UnrecordedKey, name: string): string {
  const described = description === undefined ? "" : ` ("${description}")`;
  return (
    `Key ${keyId}${described}, created ${createdAt}, carries the tag of ApiKey ${name}, and this state does not record it. ` +
    "It is left alone, because something may use it. It may belong to a stack that had this name before it was renamed, to a " +
    "second stack of this name, or to a resource that was retained. Or the result of an update was lost. First look into " +
    "every other stack: " +
    `pulumi stack export --stack <stack> | grep ${keyId}. If one of them records the key, do not revoke or adopt it, and ` +
    "give the newer of the two stacks a value of its own for signatureapi:installation. " +
    `${PAGE} says how, and what to do with a key that no stack records. ` +
    "If this update has just replaced the resource, it may be the key that was replaced: the next pulumi " +
    "up looks again."
  );
}
