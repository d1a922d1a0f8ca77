import { Counter, type Registry } from "@prometheus-io/client";
import type { Logger } from "pino";
import type { Protection } from "../http-endpoints.ts";
import {
  isKubeError,
  KubeClient,
  systemClock,
  TokenBuckets,
  type ClusterAccess,
  type KubeMetrics,
} from "../kube/index.ts";
import { FIELD_MANAGER } from "../resources/names.ts";
import { StartupError } from "../startup.ts";
import { CertificateFiles } from "../tls/certificate-files.ts";
import { selfSignedCertificate } from "../tls/self-signed.ts";
import type { KeyPair } from "../tls/x509.ts";
import { REFUSALS } from "./refusals.ts";
import { tokenReviewer } from "./review-token.ts";
import { ScraperAccess } from "./scraper-access.ts";

/** Of its own, so that who asks for metrics takes no connection away from the controller's work. */
const CONNECTIONS = 4;
/** A scrape is given up after some seconds, so that a later answer has no reader. */
const REVIEW_TIMEOUT_MS = 5_000;
const WARN_EVERY_MS = 60_000;

/** What the protection of the metrics is made of. */
export interface MetricsProtectionContext {
  /** The folder with tls.crt and tls.key; undefined for a certificate of its own. */
  readonly certDir: string | undefined;
  readonly access: ClusterAccess;
  readonly log: Logger;
  readonly registry: Registry;
  readonly kubeMetrics: KubeMetrics;
}

/** TLS and access control for /metrics, until it is stopped. */
export interface MetricsProtection extends Protection {
  /** Calls back with each certificate that takes the place of the one before. */
  onCertificate(use: (pair: KeyPair) => void): void;
  stop(): Promise<void>;
}

/**
 * Prepares what `--metrics-secure` asks for.
 *
 * @throws StartupError where there is no certificate in the folder.
 */
export async function protectMetrics(context: MetricsProtectionContext): Promise<MetricsProtection> {
  const { log, registry } = context;
  const certificates = await openCertificates(context.certDir, log, registry);
  const kube = KubeClient.fromKubeConfig(context.access, {
    fieldManager: FIELD_MANAGER,
    connections: CONNECTIONS,
    timeoutMs: REVIEW_TIMEOUT_MS,
    onRequest: context.kubeMetrics.onRequest,
  });
  const warnings = new TokenBuckets({ burst: 1, refillEveryMs: WARN_EVERY_MS, most: 1 });
  const onUndecided = (error: unknown): void => {
    if (!warnings.take("", systemClock.monotonic())) return;
    log.warn(
      problemOf(error),
      "a request for the metrics is refused, because the API server could not judge it",
    );
  };
  const scrapers = new ScraperAccess({ review: tokenReviewer(kube), clock: systemClock, onUndecided });
  return {
    certificate: certificates.current,
    onCertificate: certificates.onChange,
    refuse: async ({ token, address }) => {
      const verdict = await scrapers.judge(token, address);
      return verdict === "allowed" ? undefined : REFUSALS[verdict];
    },
    stop: async () => {
      certificates.stop();
      await kube.close();
    },
  };
}

interface Certificates {
  readonly current: KeyPair;
  readonly onChange: (use: (pair: KeyPair) => void) => void;
  readonly stop: () => void;
}

async function openCertificates(
  folder: string | undefined,
  log: Logger,
  registry: Registry,
): Promise<Certificates> {
  if (folder === undefined) {
    log.info("the metrics are served with a self-signed certificate (no --metrics-cert-dir)");
    const current = selfSignedCertificate("signatureapi-controller", systemClock.now());
    return { current, onChange: () => {}, stop: () => {} };
  }
  const reads = certificateCounters(registry);
  let use: ((pair: KeyPair) => void) | undefined;
  const files = await openFiles(folder, {
    clock: systemClock,
    onChange: (pair) => {
      reads.done.inc();
      log.info({ folder }, "the metrics are served with a new certificate");
      use?.(pair);
    },
    onProblem: (problem) => {
      reads.failed.inc();
      log.warn({ problem }, "the certificate of the metrics cannot be read again: the one before stays");
    },
  });
  reads.done.inc();
  const onChange = (next: (pair: KeyPair) => void): void => {
    use = next;
    next(files.current);
  };
  return { current: files.current, onChange, stop: () => files.stop() };
}

async function openFiles(
  folder: string,
  options: Parameters<typeof CertificateFiles.open>[1],
): Promise<CertificateFiles> {
  try {
    return await CertificateFiles.open(folder, options);
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    throw new StartupError(
      `--metrics-cert-dir: ${why}; mount a Secret of type kubernetes.io/tls there, or leave the flag out for a self-signed certificate`,
      { cause: error },
    );
  }
}

/** Under the names of controller-runtime. */
function certificateCounters(registry: Registry): { readonly done: Counter; readonly failed: Counter } {
  const registers = [registry];
  return {
    done: new Counter({
      name: "certwatcher_read_certificate_total",
      help: "Certificates of /metrics that were read and used",
      registers,
    }),
    failed: new Counter({
      name: "certwatcher_read_certificate_errors_total",
      help: "Looks at the certificate of /metrics that found none to use",
      registers,
    }),
  };
}

/** Never the message of an answer: a server may repeat the token in it. */
function problemOf(error: unknown): Readonly<Record<string, unknown>> {
  if (!isKubeError(error)) return { problem: "the answer to a review could not be read" };
  const { kind, status, resource } = error;
  const todo =
    kind === "forbidden"
      ? "grant create on tokenreviews.authentication.k8s.io and subjectaccessreviews.authorization.k8s.io, or remove --metrics-secure"
      : "the API server must be reachable";
  return { kind, status, resource, todo };
}
