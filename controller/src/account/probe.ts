import { type Problem } from "@signatureapi-keys/lifecycle";
import { ManagementApiError, RateLimiter } from "@signatureapi-keys/management-api";
import { managementProblem } from "../apikey/problems.ts";
import type { AccountEnvironment } from "./environment.ts";
import type { Session } from "./sessions.ts";
import type { VerifiedAccount } from "./verified-account.ts";

/**
 * Asks the API which account a token belongs to, through a client of its own: the working client keeps its old token
 * until then.
 *
 * @param isKnown whether the account is in use. Then a look is repeated for half a minute before it counts as failed; else
 *   its first failure is reported, since somebody waits for it.
 * @param pinned the vendor account that the object belongs to, once that is known.
 */
export async function probeAccount(
  { makeClient, stopping }: Pick<AccountEnvironment, "makeClient" | "stopping">,
  session: Session,
  { isKnown, pinned }: { readonly isKnown: boolean; readonly pinned: string | undefined },
): Promise<VerifiedAccount | Problem> {
  const { baseUrl, token, allowPrivateAddresses, ca } = session;
  const limiter = new RateLimiter({ requestsPerSecond: 1, burst: 1 });
  const client = makeClient({
    baseUrl,
    token: () => token,
    limiter,
    allowPrivateAddresses,
    ca,
    ...(isKnown ? {} : { retries: 0 }),
  });
  try {
    const { id: accountId, liveMode, permissions } = await client.getAccount({ signal: stopping });
    if (pinned !== undefined && accountId !== pinned) return anotherAccount(pinned, accountId);
    if (!permissions.includes("manage_api_keys")) return noPermission(accountId);
    return { accountId, liveMode, origin: new URL(baseUrl).origin };
  } catch (error) {
    if (error instanceof ManagementApiError) return probeProblem(error);
    throw error;
  } finally {
    await client.close();
  }
}

/** A failed look at the account, in the words of its condition. */
function probeProblem(error: ManagementApiError): Problem {
  // There is no key in question here: an account that is not found is not the management API's doing.
  if (error.kind === "not-found" || error.kind === "validation-error" || error.kind === "problem") {
    return { ...managementProblem(error), reason: "UnexpectedAnswer" };
  }
  return managementProblem(error);
}

function anotherAccount(pinned: string, found: string): Problem {
  const message = `the credentials now name account ${found}, but this object belongs to account ${pinned}; put the old credentials back, or declare another account`;
  return { reason: "AccountChanged", message, transient: false };
}

function noPermission(accountId: string): Problem {
  const message = `the token for account ${accountId} lacks the permission Manage API keys; give its user the role Integration or Owner`;
  return { reason: "PermissionDenied", message, transient: false };
}
