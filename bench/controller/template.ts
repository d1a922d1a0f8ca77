import * as z from "zod";

/** A request of the controller on its way to the API server or to the management API, with its answer. */
export interface Exchange {
  readonly to: "kube" | "management";
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly answer: string;
}

/** What differs between the keys. */
type Variable = "namespace" | "name" | "uid" | "resourceVersion" | "keyId";

/** A text with places for variables. */
export type Text = readonly (string | { readonly of: Variable })[];

/** A request, to be sent for any key. */
export interface TemplateRequest {
  readonly to: Exchange["to"];
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly path: Text;
  readonly body: Text;
  /** What its answer tells. */
  readonly tells: readonly Variable[];
}

/** The values of a key. */
export type Values = Readonly<Partial<Record<Variable, string>>>;

/** A request in a few words: the method, and the path without names and query. */
export function summaryOf({ method, path }: TemplateRequest): string {
  const text = path.map((part) => (typeof part === "string" ? part : "…")).join("");
  const dryRun = text.includes("dryRun=") ? "dry run of " : "";
  return `${dryRun}${method} ${text.replace(/\?.*$/, "").split("/").slice(-3).join("/")}`;
}

/** Replaces each occurrence of a value by a place for it. */
function placed(text: Text, value: string, of: Variable): Text {
  return text.flatMap((part) => {
    if (typeof part !== "string") return [part];
    return part.split(value).flatMap((piece, index) => (index === 0 ? [piece] : [{ of }, piece]));
  });
}

function templateText(text: string, values: Values): Text {
  let parts: Text = [text];
  const { resourceVersion, ...others } = values;
  // A resourceVersion is a short number, so it is looked for where it is named only.
  if (resourceVersion !== undefined) {
    const named = `"resourceVersion":"`;
    parts = placed(parts, `${named}${resourceVersion}"`, "resourceVersion").flatMap((part) =>
      typeof part === "string" ? [part] : [named, part, `"`],
    );
  }
  for (const variable of ["uid", "keyId", "name", "namespace"] as const) {
    const value = others[variable];
    if (value !== undefined) parts = placed(parts, value, variable);
  }
  return parts.filter((part) => part !== "");
}

/** Puts a key's values into a text. @throws Error where one is missing. */
export function fill(text: Text, values: Values): string {
  return text
    .map((part) => {
      if (typeof part === "string") return part;
      const value = values[part.of];
      if (value === undefined) throw new Error(`no answer has told the ${part.of} yet`);
      return value;
    })
    .join("");
}

const toldSchema = z.object({
  id: z.string().optional(),
  kind: z.string().optional(),
  metadata: z
    .object({ uid: z.string().optional(), resourceVersion: z.string().optional() })
    .default({ uid: undefined, resourceVersion: undefined }),
});

/** What an answer tells about its key: of an ApiKey the UID and the version, of a minted key the ID. */
export function toldBy(to: Exchange["to"], answer: string): Values {
  if (!answer.startsWith("{")) return {};
  const { id, kind, metadata } = toldSchema.parse(JSON.parse(answer));
  if (to === "management") return id === undefined ? {} : { keyId: id };
  const { uid, resourceVersion } = metadata;
  return kind === "ApiKey" && uid !== undefined && resourceVersion !== undefined
    ? { uid, resourceVersion }
    : {};
}

/**
 * Makes a template of what was requested for one key.
 *
 * @param exchanges all that were recorded; those that do not name the key, and Events, are left out.
 * @param first what a list told about the key at the start.
 */
export function templateOf(exchanges: readonly Exchange[], first: Values): readonly TemplateRequest[] {
  let values = first;
  const mine = exchanges.filter(
    ({ path, body }) => `${path}\n${body}`.includes(first.name ?? "") && !path.includes("/events"),
  );
  return mine.map(({ to, method, path, headers, body, answer }) => {
    const request = {
      to,
      method,
      headers,
      path: templateText(path, values),
      body: templateText(body, values),
    };
    const told = toldBy(to, answer);
    values = { ...values, ...told };
    return { ...request, tells: variablesOf(told) };
  });
}

function variablesOf(values: Values): readonly Variable[] {
  return (["uid", "resourceVersion", "keyId"] as const).filter((name) => values[name] !== undefined);
}
