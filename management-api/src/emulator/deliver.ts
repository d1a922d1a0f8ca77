import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Mode } from "../contract/schemas.ts";
import type { Fault } from "./faults.ts";
import { problemOfStatus, type Answer } from "./problem.ts";

/** Writes an answer. Problems bring their own content type. */
export function writeAnswer(response: ServerResponse, answer: Answer): void {
  const body = bodyOf(answer);
  response.writeHead(answer.status, { ...headersOf(answer), ...(body && { "content-length": body.length }) });
  response.end(body);
}

/** Writes what a fault makes of an answer. Faults that change only the effect leave it as it is. */
export async function writeFaulty(response: ServerResponse, answer: Answer, fault: Fault): Promise<void> {
  switch (fault.kind) {
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "hang":
    case "late":
      return;
    case "truncate": {
      const body = bodyOf(answer) ?? Buffer.from('{"id":');
      response.writeHead(answer.status, { ...headersOf(answer), "content-length": body.length + 1 });
      response.write(body.subarray(0, Math.ceil(body.length / 2)), () => response.socket?.destroy());
      return;
    }
    case "slow":
      await drip(response, answer, fault.msPerByte);
      return;
    default:
      writeAnswer(response, changed(answer, fault));
  }
}

function changed(answer: Answer, fault: Fault): Answer {
  const json = { "content-type": "application/json" };
  switch (fault.kind) {
    case "status":
      return statusAnswer(fault);
    case "malformed":
      return { ...answer, status: successOf(answer), headers: json, body: Buffer.from('{"id": "ak_') };
    case "html":
      return {
        status: fault.status,
        headers: { "content-type": "text/html" },
        body: Buffer.from("<html><body><h1>Welcome</h1></body></html>"),
      };
    case "redirect":
      return { status: fault.status, headers: { location: fault.location } };
    case "huge":
      return {
        status: successOf(answer),
        headers: json,
        body: Buffer.from(`"${"x".repeat(fault.bytes - 2)}"`),
      };
    case "wrong-mode":
      return { ...answer, body: ofOtherMode(answer.body) };
    case "wrong-key":
      return { ...answer, body: aboutAnother(answer.body, fault.id) };
    case "omit":
      return {
        ...answer,
        body: changeList(answer.body, (list) => ({ ...list, data: list.data.slice(fault.count) })),
      };
    case "next-link":
      return {
        ...answer,
        body: changeList(answer.body, (list) => ({ ...list, links: { ...list.links, next: fault.url } })),
      };
    default:
      return answer;
  }
}

function statusAnswer(fault: Fault & { kind: "status" }): Answer {
  const type = fault.contentType === undefined ? {} : { "content-type": fault.contentType };
  const headers = { ...type, ...fault.headers };
  if (fault.body === "none") return { status: fault.status, headers };
  if (fault.body === "text") {
    return {
      status: fault.status,
      headers: { "content-type": "text/plain", ...headers },
      body: Buffer.from(fault.text),
    };
  }
  const problem = problemOfStatus(fault.status);
  return { ...problem, headers: { ...problem.headers, ...headers } };
}

/** A body that is sent needs a status that has one. */
function successOf(answer: Answer): number {
  return answer.status === 204 ? 200 : answer.status;
}

function ofOtherMode(body: unknown): unknown {
  if (typeof body !== "object" || body === null || !("key" in body) || typeof body.key !== "string")
    return body;
  const mode: Mode = body.key.startsWith("key_live_") ? "test" : "live";
  return { ...body, mode, key: body.key.replace(/^key_(test|live)_/, `key_${mode}_`) };
}

function aboutAnother(body: unknown, id: string): unknown {
  return typeof body === "object" && body !== null && "id" in body ? { ...body, id } : body;
}

interface List {
  readonly data: unknown[];
  readonly links: object;
}

function changeList(body: unknown, change: (list: List) => List): unknown {
  return isList(body) ? change(body) : body;
}

function isList(body: unknown): body is List {
  return (
    typeof body === "object" && body !== null && "data" in body && Array.isArray(body.data) && "links" in body
  );
}

async function drip(response: ServerResponse, answer: Answer, msPerByte: number): Promise<void> {
  const body = bodyOf(answer) ?? Buffer.alloc(0);
  response.writeHead(answer.status, { ...headersOf(answer), "content-length": body.length });
  response.flushHeaders();
  for (const byte of body) {
    // eslint-disable-next-line no-await-in-loop -- byte after byte is the point
    await delay(msPerByte);
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
  }
  response.end();
}

function headersOf(answer: Answer): Record<string, string> {
  const type = answer.body === undefined ? {} : { "content-type": "application/json" };
  return { "cache-control": "no-store", ...type, ...answer.headers };
}

function bodyOf(answer: Answer): Buffer | undefined {
  if (answer.body === undefined) return undefined;
  return Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(JSON.stringify(answer.body));
}
