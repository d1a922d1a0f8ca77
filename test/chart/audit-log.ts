import { readFile } from "node:fs/promises";
import * as z from "zod";

const eventSchema = z.looseObject({
  verb: z.string(),
  requestURI: z.string(),
  user: z.looseObject({ username: z.string() }),
  objectRef: z
    .looseObject({
      apiGroup: z.string().default(""),
      resource: z.string().default(""),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
  responseStatus: z.looseObject({ code: z.number().default(0) }).optional(),
});

/** One request, as RBAC sees it. */
export interface AuditedRequest {
  readonly verb: string;
  readonly apiGroup: string;
  /** With the subresource: `apikeys/status`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly code: number;
  readonly uri: string;
}

/** The requests of one user in an audit log of the API server, in their order. */
export async function requestsOf(auditLogFile: string, user: string): Promise<readonly AuditedRequest[]> {
  const lines = (await readFile(auditLogFile, "utf8")).split("\n");
  // The last line may still be written.
  return lines
    .slice(0, -1)
    .map((line) => eventSchema.parse(JSON.parse(line)))
    .filter((event) => event.user.username === user)
    .map(({ verb, requestURI, objectRef, responseStatus }) => ({
      verb,
      apiGroup: objectRef?.apiGroup ?? "",
      resource: [objectRef?.resource ?? "", objectRef?.subresource]
        .filter((part) => part !== undefined)
        .join("/"),
      namespace: objectRef?.namespace,
      name: objectRef?.name,
      code: responseStatus?.code ?? 0,
      uri: requestURI,
    }));
}
