import type { KubeClient } from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import type { ServerClock } from "../facts.ts";
import { attempt, valueOf, type Read } from "../read.ts";

const versionSchema = z.looseObject({ gitVersion: z.string() });
/** A `Date` of HTTP has whole seconds. */
const DATE_PRECISION_MS = 1_000;

/** The version of the API server, and its time. @param now milliseconds since the epoch */
export async function readServer(
  kube: Pick<KubeClient, "raw">,
  now: () => number,
): Promise<{ readonly kubernetes: Read<string>; readonly clock: ServerClock | undefined }> {
  const begun = now();
  const answer = await attempt(async () => kube.raw({ method: "GET", path: "/version" }));
  const ended = now();
  const got = valueOf(answer);
  if (got === undefined || !("value" in answer))
    return { kubernetes: "value" in answer ? { value: "unknown" } : answer, clock: undefined };
  const version = versionSchema.safeParse(parsed(got.body));
  return {
    kubernetes: { value: version.success ? version.data.gitVersion : "unknown" },
    clock: clockOf(got.headers["date"], begun, ended),
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function clockOf(date: string | string[] | undefined, begun: number, ended: number): ServerClock | undefined {
  const server = typeof date === "string" ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(server)) return undefined;
  return {
    server: server + DATE_PRECISION_MS / 2,
    ours: (begun + ended) / 2,
    uncertainty: (ended - begun) / 2 + DATE_PRECISION_MS / 2,
  };
}
