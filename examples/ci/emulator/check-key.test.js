// Tests the program against the emulator: with a key that works, with a revoked one, and while the API fails.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";

const { EMULATOR_URL = "http://127.0.0.1:8787/v1", EMULATOR_ADMIN_URL = "http://127.0.0.1:8788" } =
  process.env;
const ACCOUNT = "acc_emulator";

/** Sends JSON, and returns the JSON of the answer, if it has any. */
async function send(method, url, body) {
  const headers = { authorization: "Bearer emulator-token", "content-type": "application/json" };
  const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${url}: ${answer.status}`);
  const text = await answer.text();
  return text === "" ? undefined : JSON.parse(text);
}

/** A new key, with its value. */
function makeKey() {
  return send("POST", `${EMULATOR_URL}/api-keys`, { mode: "live", description: "Test of check-key.js" });
}

/** Makes the next requests that prove a key fail. */
function breakNext(times, fault) {
  const rule = { match: { operation: "listEnvelopes" }, times, fault };
  return send("POST", `${EMULATOR_ADMIN_URL}/faults`, rule);
}

function check(key) {
  const env = { ...process.env, SIGNATUREAPI_KEY: key, SIGNATUREAPI_URL: EMULATOR_URL };
  const { status, stdout } = spawnSync(process.execPath, ["check-key.js"], {
    cwd: import.meta.dirname,
    env,
    encoding: "utf8",
  });
  return { status, text: stdout.trim() };
}

test("a key works until it is revoked", async () => {
  const { id, key } = await makeKey();
  assert.deepEqual(check(key), { status: 0, text: "the key works, in mode live" });
  await send("POST", `${EMULATOR_ADMIN_URL}/accounts/${ACCOUNT}/keys/${id}/revoke`);
  assert.deepEqual(check(key), { status: 1, text: "the key is refused (401)" });
});

test("two failures of the API are tried again", async () => {
  const { key } = await makeKey();
  await breakNext(1, { kind: "status", status: 503 });
  await breakNext(1, { kind: "reset" });
  assert.equal(check(key).status, 0);
});

test("an API that stays broken is reported", async () => {
  const { key } = await makeKey();
  await breakNext(3, { kind: "status", status: 503 });
  assert.deepEqual(check(key), { status: 1, text: "the API did not answer, 3 times" });
});
