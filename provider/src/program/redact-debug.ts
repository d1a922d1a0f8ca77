import { log } from "@pulumi/pulumi";

/** Keys by their form, up to where the text that holds them goes on. */
const KEY = /key_(?:test|live)_[^\s,"'`\\\]})]+/g;
const WRAPPED = Symbol.for("pulumi-signatureapi.redacts-debug");

/**
 * Keeps values out of the debug messages that the SDK writes about every registered resource (`RegisterResource RPC
 * finished … resp: …`): `pulumi up --json` and `--debug` print them, secrets in plain text. Only keys are taken out, and
 * only of debug messages. Why: docs/adr.
 */
export function redactDebugMessages(): void {
  const state = log as typeof log & { [WRAPPED]?: true };
  if (state[WRAPPED] === true) return;
  const { debug } = log;
  const redacting: typeof debug = (message, ...rest) => debug(message.replace(KEY, "[redacted]"), ...rest);
  Object.assign(log, { debug: redacting, [WRAPPED]: true });
}
