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
  let page = await read(options);
  const { resourceVersion } = page;
  const items: T[] = [...page.items];
  const malformed: MalformedObject[] = [...page.malformed];
  while (page.continue !== undefined) {
    page = await readNext(read, { ...options, continue: page.continue });
    for (const item of page.items) items.push(item);
    malformed.push(...page.malformed);
  }
  return { items, malformed, resourceVersion };
}

async function readNext<T extends KubeObject>(read: ReadPage<T>, options: ListOptions): Promise<ListPage<T>> {
  try {
    return await read(options);
  } catch (error) {
    if (isKubeError(error, "gone")) throw new ExpiredContinueError(error);
    throw error;
  }
}
