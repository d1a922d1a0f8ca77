import { shortSpan } from "../../output/age.ts";
import type { Facts } from "../facts.ts";
import { findingsOf, type Finding } from "../finding.ts";

const { ok, unknown, warning } = findingsOf("clock");

/** Tokens and certificates are judged by clocks; a minute is where kubectl's users begin to notice. */
const MOST_SKEW_MS = 10_000;

/** Whether this machine and the API server agree on the time. */
export function checkClock({ clock }: Pick<Facts, "clock">): readonly Finding[] {
  if (clock === undefined) return [unknown("the API server's answers carry no date")];
  const skew = clock.ours - clock.server;
  const certain = Math.max(0, Math.abs(skew) - clock.uncertainty);
  if (certain <= MOST_SKEW_MS) return [ok("this machine and the API server agree on the time")];
  const direction = skew > 0 ? "ahead of" : "behind";
  const what = `the clock of this machine is ${shortSpan(Math.abs(skew))} ${direction} that of the API server`;
  return [
    warning(what, { remedy: "Synchronize both with NTP. The ages that this plugin shows depend on it." }),
  ];
}
