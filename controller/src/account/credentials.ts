import type { Problem } from "@signatureapi-keys/lifecycle";
import { ManagementToken } from "@signatureapi-keys/management-api";
import { CREDENTIAL_LABEL } from "../resources/names.ts";
import type { Secret } from "../resources/types.ts";

/** Where an account's token is. */
export interface CredentialsRef {
  readonly namespace: string;
  readonly name: string;
  /** The entry of the Secret. */
  readonly key: string;
}

/**
 * Takes the management token out of its Secret. Only a Secret that is labelled for it is ever sent anywhere: else
 * a user who may write an Account could have any Secret of the namespace sent to a server.
 */
export function readToken(secret: Secret | undefined, ref: CredentialsRef): ManagementToken | Problem {
  const where = `Secret ${ref.namespace}/${ref.name}`;
  if (secret === undefined) {
    return refuse(
      "CredentialsNotFound",
      `${where} with the management token does not exist; create it with the entry ${JSON.stringify(ref.key)} and the label ${CREDENTIAL_LABEL}: "true"`,
    );
  }
  if (secret.metadata.labels?.[CREDENTIAL_LABEL] !== "true") {
    return refuse(
      "CredentialsNotLabelled",
      `${where} lacks the label ${CREDENTIAL_LABEL}: "true", so it is not used as a management token`,
    );
  }
  const base64 = secret.data?.[ref.key];
  if (base64 === undefined)
    return refuse("CredentialsKeyMissing", `${where} has no entry ${JSON.stringify(ref.key)}`);
  try {
    return ManagementToken.of(Buffer.from(base64, "base64"));
  } catch (error) {
    const why = error instanceof TypeError ? error.message : "it cannot be read";
    return refuse(
      "CredentialsKeyMissing",
      `the entry ${JSON.stringify(ref.key)} of ${where} holds no usable token: ${why}`,
    );
  }
}

function refuse(reason: Problem["reason"], message: string): Problem {
  return { reason, message, transient: false };
}
