import { log, type Output } from "@pulumi/pulumi";

/** Keys by their form, up to where the text that holds them goes on. */
const KEY = /key_(?:test|live)_[^\s,"'`\\\]})]+/g;
const REDACTED = "[redacted]";
const STATE = Symbol.for("pulumi-signatureapi.redacts-debug");

/**
 * Keeps our values out of the debug messages that the SDK writes about every registered resource (`RegisterResource RPC
 * finished … resp: …`): `pulumi up --json` and `--debug` print them, secrets in plain text. Only keys and what was given to
 * {@link hideInDebug} are taken out, and only of debug messages. Why: docs/adr.
 */
export function redactDebugMessages(): Set<string> {
  const state = log as typeof log & { [STATE]?: Set<string> };
  if (state[STATE] !== undefined) return state[STATE];
  const hidden = new Set<string>();
  const { debug } = log;
  const redacting: typeof debug = (message, ...rest) => debug(redact(message, hidden), ...rest);
  Object.assign(log, { debug: redacting, [STATE]: hidden });
  return hidden;
}

function redact(message: string, hidden: ReadonlySet<string>): string {
  let text = message.replace(KEY, REDACTED);
  for (const value of hidden) text = text.replaceAll(value, REDACTED);
  return text;
}

/**
 * Has a secret that has no form of its own, such as a management token, taken out of debug messages. It is known before the
 * resource that it is given to is registered, so before any message about that.
 */
export function hideInDebug(value: Output<string>): Output<string> {
  const hidden = redactDebugMessages();
  return value.apply((text) => {
    if (text !== "") hidden.add(text);
    return text;
  });
}
