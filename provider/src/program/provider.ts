import * as pulumi from "@pulumi/pulumi";

/**
 * What the management API calls the things of the contract, where it has other names. Every part and every name is optional:
 * see docs/check.md.
 */
export interface ContractNames {
  /** The header of the token, and what is before the token in it; an empty scheme sends the token alone. */
  authentication?: { header?: string; scheme?: string };
  /** The paths of operations, such as `{ getApiKey: "/keys/{id}" }`. */
  paths?: Record<string, string>;
  /** The fields of objects, such as `{ list: { "links.next": "paging.next" } }`. */
  fields?: Record<string, Record<string, string>>;
  /** The words for values, such as `{ mode: { test: "sandbox" } }`. */
  values?: Record<string, Record<string, string>>;
  /** The slugs of problems, such as `{ "not-found": "no-such-key" }`. */
  problems?: Record<string, string>;
}

/** Credentials of one account. */
export interface ProviderArgs {
  /** The management token of the account. It is kept as a secret, whatever is given. */
  token: pulumi.Input<string>;
  /** Where the management API is; default: what `signatureapi:baseUrl` of the stack says. */
  baseUrl?: pulumi.Input<string>;
  /**
   * How many requests per second this provider sends at most; default: what `signatureapi:requestsPerSecond` of the stack
   * says, else 10, the vendor's limit.
   */
  requestsPerSecond?: pulumi.Input<number>;
  /**
   * CA certificates, as PEM, that count besides those that Node trusts; default: what `signatureapi:caBundle` of the stack
   * says. Not a secret.
   */
  caBundle?: pulumi.Input<string>;
  /**
   * CIDR ranges of special addresses that the vendor's host may have, such as `240.0.0.0/4` of a service mesh; default: what
   * `signatureapi:allowedAddressRanges` of the stack says.
   */
  allowedAddressRanges?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * A mapping of names, or the path of a YAML file with one; default: what `signatureapi:contract` of the stack says. Not a
   * secret.
   */
  contract?: pulumi.Input<ContractNames | string>;
}

/**
 * A second account: an explicit provider with its own token, and a process of its own that sees no other account's.
 *
 * @example
 * const other = new Provider("other-account", { token: config.requireSecret("otherToken") });
 * new ApiKey("billing", { mode: "live" }, { provider: other });
 */
export class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: ProviderArgs, opts?: pulumi.ResourceOptions) {
    // The engine gives the stack's configuration to default providers only.
    const config = new pulumi.Config("signatureapi");
    const baseUrl = args.baseUrl ?? config.get("baseUrl");
    const requestsPerSecond = args.requestsPerSecond ?? config.get("requestsPerSecond");
    const caBundle = args.caBundle ?? config.get("caBundle");
    const ranges = args.allowedAddressRanges;
    const allowedAddressRanges =
      ranges === undefined
        ? config.get("allowedAddressRanges")
        : pulumi.output(ranges).apply((list) => list.join(","));
    const contract =
      args.contract === undefined
        ? config.get("contract")
        : pulumi
            .output(args.contract)
            .apply((given) => (typeof given === "string" ? given : JSON.stringify(given)));
    super(
      "pulumi-nodejs",
      name,
      {
        "signatureapi:providerName": name,
        "signatureapi:providerToken": pulumi.secret(args.token),
        "signatureapi:providerBaseUrl": baseUrl,
        "signatureapi:requestsPerSecond":
          requestsPerSecond === undefined ? undefined : pulumi.output(requestsPerSecond).apply(String),
        "signatureapi:caBundle": caBundle,
        "signatureapi:allowedAddressRanges": allowedAddressRanges,
        "signatureapi:contract": contract,
      },
      opts,
    );
  }
}
