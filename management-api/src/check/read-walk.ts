import { isRecord } from "../contract/mapping/move.ts";
import type { Asked, Probe } from "./probe.ts";
import type { Observation, Seen, Step } from "./seen.ts";

/** Asks everything that can be asked without a change. */
export async function walkReads(probe: Probe, seen: Seen, signal: AbortSignal): Promise<void> {
  const ask = async (step: Step, asked: Asked): Promise<Observation> => {
    const answer = await probe.ask(asked, signal);
    seen.steps[step] = answer;
    return answer;
  };
  const list = (step: Step, query: string) => ask(step, { operation: "listApiKeys", query });

  const account = await ask("account", { operation: "getAccount" });
  await ask("wrongToken", { operation: "getAccount", wrongToken: true });
  const all = await list("list", probe.names.listQuery({}));
  if (isRefused(account) && isRefused(all)) return;
  const first = await list("firstOfTwo", probe.names.listQuery({ limit: 1 }));
  await followNext(probe, seen, first, signal);
  await list("testOnly", probe.names.listQuery({ mode: "test" }));
  await list("liveOnly", probe.names.listQuery({ mode: "live" }));
  await list("badQuery", probe.names.listQuery({ limit: 0 }));
  await list("unknownQuery", `${probe.names.listQuery({})}&contract_check=1`);
  const id = keysOf(all)
    .map(({ id: found }) => found)
    .find((found) => typeof found === "string");
  if (typeof id === "string" && id !== "") await ask("key", { operation: "getApiKey", apiKeyId: id });
  await ask("unknownKey", { operation: "getApiKey", apiKeyId: unknownIdLike(id) });
}

/** Whether the API refused the token. */
export function isRefused({ status }: Observation): boolean {
  return status === 401 || status === 403;
}

async function followNext(probe: Probe, seen: Seen, first: Observation, signal: AbortSignal): Promise<void> {
  const link = nextOf(first);
  if (link === undefined) return;
  const url = probe.base.follow(link, probe.base.resolve("/"));
  seen.nextLink = url === undefined ? "elsewhere" : "below the base URL";
  if (url !== undefined) seen.steps.secondOfTwo = await probe.ask({ operation: "listApiKeys", url }, signal);
}

/** The link to the next page, if the answer has one. */
export function nextOf({ body }: Observation): string | undefined {
  const links = isRecord(body) ? body["links"] : undefined;
  const next = isRecord(links) ? links["next"] : undefined;
  return typeof next === "string" ? next : undefined;
}

/** The keys of a page, as far as they are objects. */
export function keysOf(answer: Observation | undefined): readonly Record<string, unknown>[] {
  const body = answer?.body;
  const data = isRecord(body) ? body["data"] : undefined;
  return Array.isArray(data) ? data.filter(isRecord) : [];
}

/** An ID of the same form that surely belongs to no key: another form might be refused for its form. */
function unknownIdLike(id: unknown): string {
  if (typeof id !== "string" || !/^[\x21-\x7e]{8,255}$/.test(id)) return `ak_${"0".repeat(24)}`;
  const head = id.slice(0, 4);
  return head + id.slice(4).replaceAll(/[0-9]/g, "0").replaceAll(/[a-z]/g, "a").replaceAll(/[A-Z]/g, "A");
}
