import { collectDefaultMetrics } from "@prometheus-io/client";
import type { Controller, ControllerContext } from "./controller.ts";
import { serveEndpoints } from "./http-endpoints.ts";
import { protectMetrics } from "./secure-metrics/metrics-protection.ts";

type Stop = () => Promise<void>;

/**
 * Serves health, readiness and metrics at the addresses of the options.
 *
 * @returns what ends it.
 * @throws Error where an address cannot be used, StartupError where the certificate cannot.
 */
export async function serve(context: ControllerContext, controller: Controller): Promise<Stop> {
  const stops = [await serveHealth(context, controller)];
  try {
    stops.push(await serveMetrics(context, controller));
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
  return async () => stopAll(stops);
}

async function stopAll(stops: readonly Stop[]): Promise<void> {
  await Promise.all(stops.map(async (stop) => stop()));
}

async function serveHealth({ options, log }: ControllerContext, controller: Controller): Promise<Stop> {
  if (options.healthAddress === undefined) return async () => {};
  const server = await serveEndpoints(options.healthAddress, {
    "/healthz": async () => ({ status: 200, body: "ok\n" }),
    "/readyz": async () =>
      controller.ready ? { status: 200, body: "ok\n" } : { status: 503, body: "caches are not filled yet\n" },
  });
  log.info({ address: server.address }, "serving /healthz and /readyz");
  return async () => server.close();
}

/**
 * How often the event loop is measured, in milliseconds. With the library's defaults, every 10 and 100 ms, that takes
 * more CPU than everything else that an idle controller does.
 */
const SAMPLING = { eventLoopMonitoringPrecision: 100, eventLoopUtilizationTimeout: 5_000 };

async function serveMetrics(context: ControllerContext, controller: Controller): Promise<Stop> {
  const { options, access, log } = context;
  if (options.metricsAddress === undefined) return async () => {};
  const { registry, kubeMetrics } = controller;
  collectDefaultMetrics({ register: registry, ...SAMPLING });
  const endpoints = {
    "/metrics": async () => ({
      status: 200,
      body: await registry.metrics(),
      contentType: registry.contentType,
    }),
  };
  const protection = options.metricsSecure
    ? await protectMetrics({ certDir: options.metricsCertDir, access, log, registry, kubeMetrics })
    : undefined;
  try {
    const server = await serveEndpoints(options.metricsAddress, endpoints, protection);
    protection?.onCertificate((pair) => server.useCertificate(pair));
    log.info({ secure: options.metricsSecure, address: server.address }, "serving /metrics");
    return async () => {
      await server.close();
      await protection?.stop();
    };
  } catch (error) {
    await protection?.stop();
    throw error;
  }
}
