/** An account whose credentials were accepted. */
export interface VerifiedAccount {
  readonly accountId: string;
  readonly liveMode: string;
  /** The origin of the API: together with the ID it names the vendor account. */
  readonly origin: string;
}

/** A text that names the vendor account: several objects in the cluster can refer to one. */
export function vendorAccountOf({
  origin,
  accountId,
}: Pick<VerifiedAccount, "origin" | "accountId">): string {
  return `${origin} ${accountId}`;
}
