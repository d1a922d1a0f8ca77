import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createAuthority, issueCertificate } from "./certificates.ts";
import type { ClusterLayout } from "./layout.ts";

/** The address that the service network gives to the API server itself: the first one of the range. */
export const SERVICE_RANGE = "10.0.0.0/24";
const SERVICE_ADDRESS = "10.0.0.1";

const secretFile = async (path: string, content: string): Promise<void> =>
  writeFile(path, content, { mode: 0o600 });

/**
 * Writes everything that a new cluster proves itself with: its CA, the API server's serving certificate,
 * the key that signs service account tokens, and the administrator's token, which is returned.
 */
export async function writeCredentials(layout: ClusterLayout): Promise<string> {
  const authority = createAuthority(`test-cluster-${randomBytes(4).toString("hex")}`);
  const serving = issueCertificate(authority, {
    usage: "server",
    commonName: "kube-apiserver",
    dnsNames: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
    ipAddresses: ["127.0.0.1", SERVICE_ADDRESS],
  });
  const serviceAccountKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const adminToken = randomBytes(24).toString("base64url");
  await mkdir(layout.kubectlHome);
  await Promise.all([
    writeFile(layout.caFile, authority.certificate),
    secretFile(layout.caKeyFile, authority.key),
    writeFile(layout.servingCertificateFile, serving.certificate),
    secretFile(layout.servingKeyFile, serving.key),
    // kube-apiserver derives the public key from it; "sec1" and "pkcs8" are both understood
    secretFile(
      layout.serviceAccountKeyFile,
      serviceAccountKey.export({ type: "sec1", format: "pem" }).toString(),
    ),
    secretFile(layout.tokenFile, `${adminToken},admin,admin,"system:masters"\n`),
  ]);
  return adminToken;
}
