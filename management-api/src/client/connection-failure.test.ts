import { expect, test } from "vitest";
import { connectionReason } from "./connection-failure.ts";

test.each([
  ["ENOTFOUND", /resolved.*DNS/],
  ["EAI_AGAIN", /resolved.*DNS/],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /not trusted.*proxy.*spec\.caBundle.*NODE_EXTRA_CA_CERTS/],
  ["SELF_SIGNED_CERT_IN_CHAIN", /not trusted.*NODE_EXTRA_CA_CERTS/],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", /not trusted.*NODE_EXTRA_CA_CERTS/],
  ["CERT_HAS_EXPIRED", /not valid now.*clock/],
  ["ERR_TLS_CERT_ALTNAME_INVALID", /another host/],
  ["ERR_SSL_WRONG_VERSION_NUMBER", /TLS failed.*https/],
  ["EPROTO", /TLS failed.*https/],
  ["ECONNREFUSED", /refuses.*port/],
  ["ENETUNREACH", /cannot be reached.*firewall.*proxy/],
  ["ECONNRESET", /cut off.*proxy/],
  ["constructor", /^The connection failed \(constructor\)\.$/],
])("%s is said in words, with what to check", (code, reason) => {
  expect(connectionReason(code)).toMatch(reason);
  expect(connectionReason(code)).toContain(`(${code})`);
});
