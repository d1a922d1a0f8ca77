import { Controller, type ControllerContext } from "./controller.ts";
import { LeaderElector } from "./kube/index.ts";
import { serve } from "./serve.ts";
import type { Standing } from "./startup.ts";

/** An exit status that says: start me again, I have lost the lease. */
const LOST_LEASE = 1;

/**
 * Runs a controller until it is asked to stop, or loses its lease.
 *
 * @param stop asks for a graceful end.
 * @returns the exit status of the process.
 * @throws StartupError where the cluster lacks what the controller needs.
 */
export async function run(context: ControllerContext, stop: AbortSignal): Promise<number> {
  const controller = new Controller(context);
  const stopServing = await serve(context, controller);
  try {
    const standing = await controller.prepare();
    const { options } = context;
    return options.leaderElect
      ? await lead(context, controller, standing, stop)
      : await workUntil(controller, stop);
  } finally {
    await controller.stop();
    await stopServing();
    context.log.info("stopped");
  }
}

async function workUntil(controller: Controller, stop: AbortSignal): Promise<number> {
  controller.start();
  await aborted(stop);
  return 0;
}

/**
 * Only the holder of the lease works. A replica that loses it closes the fence, so that of all that is under way only the
 * commit of a pending commit goes on, and ends: its memory says what was true while it led.
 */
async function lead(
  context: ControllerContext,
  controller: Controller,
  standing: Standing,
  stop: AbortSignal,
): Promise<number> {
  const { options, log, identity } = context;
  const elector = new LeaderElector({
    client: controller.kube,
    namespace: standing.ownNamespace,
    name: options.leaseName,
    identity,
    ...context.lease,
    onStartedLeading: async (signal) => {
      log.info("this replica leads");
      controller.kubeMetrics.leading(options.leaseName, true);
      controller.fence.guard(() => elector.mayAct());
      controller.start();
      await aborted(signal);
      await controller.stopWorking();
      // What is still written after the work has ended, such as events, needs no lease.
      controller.fence.guard(() => true);
    },
    onStoppedLeading: (how) => {
      // Before anything else: from now on another replica may lead.
      if (how === "lost") controller.fence.close();
      controller.kubeMetrics.leading(options.leaseName, false);
      log.info({ how }, "this replica no longer leads");
    },
    onError: (error) => log.warn({ error: String(error) }, "the lease could not be taken or renewed"),
  });
  stop.addEventListener("abort", () => elector.stop(), { once: true });
  if (stop.aborted) return 0;
  controller.kubeMetrics.leading(options.leaseName, false);
  return (await elector.run()) === "stopped" ? 0 : LOST_LEASE;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
