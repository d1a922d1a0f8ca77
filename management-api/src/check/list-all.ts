import type { Probe } from "./probe.ts";
import { keysOf, nextOf } from "./read-walk.ts";

/** As many pages as a list of 10,000 keys has. */
const MOST_PAGES = 500;

/** All keys of the account, or `undefined` if the list could not be read completely: then it proves nothing. */
export async function listAll(
  probe: Probe,
  signal?: AbortSignal,
): Promise<readonly Record<string, unknown>[] | undefined> {
  const keys: Record<string, unknown>[] = [];
  let url = probe.base.resolve(probe.names.path("listApiKeys") + probe.names.listQuery({}));
  const seen = new Set<string>();
  while (seen.size < MOST_PAGES && !seen.has(url.href)) {
    seen.add(url.href);
    // eslint-disable-next-line no-await-in-loop -- a page names the next one
    const page = await probe.ask({ operation: "listApiKeys", url }, signal);
    if (page.status !== 200) return undefined;
    keys.push(...keysOf(page));
    const link = nextOf(page);
    if (link === undefined) return keys;
    const next = probe.base.follow(link, url);
    if (next === undefined) return undefined;
    url = next;
  }
  return undefined;
}
