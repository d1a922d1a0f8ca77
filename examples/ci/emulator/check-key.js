// Says whether the key of this service works, before the service takes requests: `node check-key.js`.
// SIGNATUREAPI_KEY is the key; SIGNATUREAPI_URL is where the API is.
import process from "node:process";
import { setTimeout } from "node:timers/promises";

const { SIGNATUREAPI_KEY = "", SIGNATUREAPI_URL = "https://api.signatureapi.com/v1" } = process.env;
const TRIES = 3;

/** One request. Returns undefined if another try may help. */
async function ask() {
  try {
    const answer = await fetch(`${SIGNATUREAPI_URL}/envelopes?limit=1`, {
      headers: { "X-API-Key": SIGNATUREAPI_KEY },
      signal: AbortSignal.timeout(5_000),
    });
    if (answer.status >= 500) return undefined;
    if (!answer.ok) return { works: false, text: `the key is refused (${answer.status})` };
    const { mode } = await answer.json();
    return { works: true, text: `the key works, in mode ${mode}` };
  } catch {
    return undefined;
  }
}

for (let tries = 1; ; tries++) {
  const answer = await ask();
  if (answer !== undefined || tries === TRIES) {
    console.log(answer?.text ?? `the API did not answer, ${TRIES} times`);
    process.exitCode = answer?.works === true ? 0 : 1;
    break;
  }
  await setTimeout(100);
}
