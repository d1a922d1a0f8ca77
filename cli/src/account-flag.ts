import { UsageError } from "./errors.ts";

/** An account as `spec.accountRef` names it. */
export interface AccountRefFlag {
  readonly kind: "Account" | "ClusterAccount";
  readonly name: string;
}

const DEFAULT: AccountRefFlag = { kind: "Account", name: "default" };

/**
 * Reads `--account`: `ClusterAccount/acme`, `Account/default`, or a name alone for an Account of the namespace.
 *
 * @throws UsageError for another kind
 */
export function accountRefOf(text: string | undefined): AccountRefFlag {
  if (text === undefined) return DEFAULT;
  const [kind = "", name, ...rest] = text.split("/");
  if (name === undefined && kind !== "") return { kind: "Account", name: kind };
  const known = (["Account", "ClusterAccount"] as const).find(
    (one) => one.toLowerCase() === kind.toLowerCase(),
  );
  if (known === undefined || name === undefined || name === "" || rest.length > 0)
    throw new UsageError(
      `--account: ${JSON.stringify(text)} is no account; write ClusterAccount/NAME or Account/NAME`,
    );
  return { kind: known, name };
}
