import * as pulumi from "@pulumi/pulumi";

/** Credentials of one account. */
export interface ProviderArgs {
  /** The management token of the account. It is kept as a secret, whatever is given. */
  token: pulumi.Input<string>;
  /** Where the management API is; default `https://api.signatureapi.com/v1`. */
  baseUrl?: pulumi.Input<string>;
  /** How many requests per second this provider sends at most; default 10, the vendor's limit. */
  requestsPerSecond?: pulumi.Input<number>;
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
    super(
      "pulumi-nodejs",
      name,
      {
        "signatureapi:providerToken": pulumi.secret(args.token),
        "signatureapi:providerBaseUrl": args.baseUrl,
        "signatureapi:requestsPerSecond":
          args.requestsPerSecond === undefined
            ? undefined
            : pulumi.output(args.requestsPerSecond).apply(String),
      },
      opts,
    );
  }
}
