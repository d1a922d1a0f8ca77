const UNTRUSTED =
  /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_UNTRUSTED|INVALID_CA)$/;

/** Whether the code of an error says that a certificate is of a CA that is not trusted. */
export function isUntrusted(code: string): boolean {
  return UNTRUSTED.test(code);
}

/** What the codes of Node, OpenSSL and undici mean to the person who has to act. */
const KINDS: readonly {
  readonly codes: RegExp;
  /** @param whose what names the other side: the base URL, or a proxy. */
  readonly text: (code: string, whose: string) => string;
}[] = [
  {
    codes: /^(ENOTFOUND|EAI_\w+|ENODATA|ESERVFAIL)$/,
    text: (code, whose) =>
      `The name of the host cannot be resolved (${code}): check the host of ${whose}, and the DNS that is used here.`,
  },
  {
    codes: UNTRUSTED,
    text: (code) =>
      `The TLS certificate is of a CA that is not trusted here (${code}). A proxy that inspects TLS has such a certificate, or a server of your own. Add that CA: in spec.caBundle of the account, in caBundle of the Pulumi provider, or in the file that NODE_EXTRA_CA_CERTS names.`,
  },
  {
    codes: /^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/,
    text: (code) =>
      `The TLS certificate is not valid now (${code}): check the certificate of the server or proxy, and the clock here.`,
  },
  {
    codes: /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    text: (code, whose) =>
      `The TLS certificate is for another host (${code}): check the host of ${whose}, and any proxy in between.`,
  },
  {
    codes: /^(EPROTO|ERR_SSL_\w+|ERR_TLS_\w+|CERT_\w+)$/,
    text: (code) =>
      `TLS failed (${code}): check that the port speaks https, and any proxy in between that inspects or ends TLS.`,
  },
  {
    codes: /^ECONNREFUSED$/,
    text: (code, whose) =>
      `The host refuses the connection (${code}): check the port of ${whose}, and whether the server runs.`,
  },
  {
    codes: /^(EHOSTUNREACH|ENETUNREACH|EACCES|EPERM)$/,
    text: (code) =>
      `The host cannot be reached (${code}): check firewall and network policies, and whether only a proxy leads out of this network.`,
  },
  {
    codes: /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/,
    text: (code) =>
      `The connection was cut off (${code}): check firewall and network policies, and any proxy in between.`,
  },
];

/**
 * Says why there was no connection, or why it was lost, with what to check.
 *
 * @param code the error's; unlike its message it cannot hold anything of the request.
 * @param whose what names the other side.
 */
export function connectionReason(code: string, whose = "the base URL"): string {
  const known = KINDS.find(({ codes }) => codes.test(code));
  return known === undefined ? `The connection failed (${code}).` : known.text(code, whose);
}
