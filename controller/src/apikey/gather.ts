import { newAttemptId, newPass, type View } from "@signatureapi-keys/lifecycle";
import type { AccountRuntime } from "../account/runtime.ts";
import { accountView } from "./account-view.ts";
import { secretKeyOf, type ApiKeyDocument } from "./document.ts";
import type { ApiKeyEnvironment } from "./environment.ts";
import { mintRequestOf } from "./mint-request.ts";
import { objectView, secretClaimedBy, viewOfSecret } from "./views.ts";

/** What a pass starts from. */
export interface Gathered {
  readonly view: View;
  readonly account: AccountRuntime | undefined;
}

/** Gathers what the caches know: no request is sent, so that a converged object costs nothing. */
export function gather(env: ApiKeyEnvironment, object: ApiKeyDocument): Gathered {
  const account = env.accounts.find(object.account);
  const view: View = {
    now: env.now(),
    timing: env.timing,
    installation: env.installation,
    previousInstallations: env.previousInstallations,
    owner: object.owner,
    readOnly: env.readOnly,
    object: objectView(env, object, "cached"),
    secretClaimedBy: secretClaimedBy(env, object),
    secret:
      env.secrets === undefined
        ? { state: "unread" }
        : viewOfSecret(object, env.secrets.get(secretKeyOf(object)), "cached"),
    fights: env.fights.of(object.metadata.uid, env.now()),
    altered: env.altered.of(object.metadata.uid, env.now()),
    account: accountView(env, object, mintRequestOf(env, object)),
    dependents: env.restartsWorkloads ? { state: "unread" } : undefined,
    users: env.seesPods ? { state: "unread" } : undefined,
    findings: env.findings.of(object.metadata.uid),
    pass: newPass(newAttemptId(env.randomBytes)),
  };
  return { view, account };
}
