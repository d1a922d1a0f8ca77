import type { EndpointAnswer } from "../http-endpoints.ts";
import type { ScraperVerdict } from "./scraper-access.ts";

/** What a request gets that may not read the metrics, by the verdict. */
export const REFUSALS: Readonly<Record<Exclude<ScraperVerdict, "allowed">, EndpointAnswer>> = {
  unauthenticated: {
    status: 401,
    body: "the metrics need a token of this cluster: send it as Authorization: Bearer\n",
    headers: { "www-authenticate": "Bearer" },
  },
  forbidden: {
    status: 403,
    body: "this user may not read the metrics: grant the verb get on the non-resource URL /metrics\n",
  },
  undecided: {
    status: 503,
    body: "the API server could not be asked who this is: see the log of the controller\n",
    headers: { "retry-after": "5" },
  },
  "too-many": {
    status: 429,
    body: "too many unknown tokens: try again later\n",
    headers: { "retry-after": "5" },
  },
};
