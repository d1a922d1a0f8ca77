import { isKubeError } from "./kube-error.ts";
import type { KubeObject } from "./object-meta.ts";
import type { ListOptions, ListPage, MalformedObject } from "./options.ts";

const PAGE_SIZE = 500;
/** A list whose continue token expires this often grows faster than it can be read. */
const MOST_RESTARTS = 5;

type ReadPage<T extends KubeObject> = (options: ListOptions) => Promise<ListPage<T>>;
export type WholeList<T extends KubeObject> = Omit<ListPage<T>, "continue">;

/** A page could not be read because its continue token had expired. */
class ExpiredContinueError extends Error {
  constructor(cause: Error) {
    super("the continue token has expired", { cause });
  }
}

/** Reads all pages; see {@link KubeClient.listAll}. */
export async function readAllPages<T extends KubeObject>(
  read: ReadPage<T>,
  options: Omit<ListOptions, "continue">,
): Promise<WholeList<T>> {
  const limit = options.limit ?? PAGE_SIZE;
  // A list that starts over must not be older than what was seen: a consistent read is not.
  const consistent = { ...options, resourceVersion: undefined, resourceVersionMatch: undefined, limit };
  for (let restarts = 0; ; restarts++) {
    try {
      return await readOnce(read, restarts === 0 ? { ...options, limit } : consistent);
    } catch (error) {
      if (!(error instanceof ExpiredContinueError)) throw error;
      if (restarts >= MOST_RESTARTS) throw error.cause;
    }
  }
}

async function readOnce<T extends KubeObject>(
  read: ReadPage<T>,
  options: ListOptions,
): Promise<WholeList<T>> {
  let next = await readFitting(read, options);
  const { resourceVersion } = next.page;
  const items: T[] = [...next.page.items];
  const malformed: MalformedObject[] = [...next.page.malformed];
  while (next.page.continue !== undefined) {
    next = await readFitting(read, { ...next.options, continue: next.page.continue });
    for (const item of next.page.items) items.push(item);
    for (const object of next.page.malformed) malformed.push(object);
  }
  return { items, malformed, resourceVersion };
}

/** Reads a page, of half as many objects each time that it was too large to arrive in time; and with which options. */
async function readFitting<T extends KubeObject>(
  read: ReadPage<T>,
  wanted: ListOptions,
): Promise<{ readonly page: ListPage<T>; readonly options: ListOptions }> {
  for (let options = wanted; ; options = halved(options)) {
    try {
      return { page: await read(options), options };
    } catch (error) {
      if (options.continue !== undefined && isKubeError(error, "gone")) throw new ExpiredContinueError(error);
      if (!isTooLarge(error) || options.limit === 1) throw error;
    }
  }
}

/** The server had begun to answer, and the page was not there in time, or broke off: the same one would be asked for for ever. */
function isTooLarge(error: unknown): boolean {
  return isKubeError(error, "timeout", "connection") && error.status === 200;
}

/** From its cache the server may answer in one piece, whatever the limit: a smaller page is a consistent read. */
function halved({ limit = PAGE_SIZE, ...options }: ListOptions): ListOptions {
  const consistent = { resourceVersion: undefined, resourceVersionMatch: undefined };
  return { ...options, ...consistent, limit: Math.max(1, Math.floor(limit / 2)) };
}
