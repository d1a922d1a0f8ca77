import { parseTag, withoutTag } from "@signatureapi-keys/lifecycle";
import type { ApiKey } from "@signatureapi-keys/management-api";
import { DEFAULT_ENTRY, manifestOf } from "../adopt/plan.ts";
import { nameOf, type ApiKeySummary } from "../doctor/api-key-summary.ts";

/** What becomes of a listed key. */
export interface ImportPlan {
  readonly manifests: readonly Readonly<Record<string, unknown>>[];
  /** The keys that the manifests adopt. */
  readonly keyIds: readonly string[];
  readonly skipped: readonly { readonly keyId: string; readonly why: string }[];
}

/** How the manifests are written. */
export interface ImportWish {
  readonly namespace: string;
  readonly accountRef: { readonly kind: "Account" | "ClusterAccount"; readonly name: string };
  /** Whether the ApiKeys are suspended, so that nothing is adopted until the user has looked. */
  readonly suspend: boolean;
}

const MODES = ["test", "live"] as const;

/** Judges the keys of a complete listing. Descriptions are looked at for names only, and are in no manifest. */
export function planImport(
  listed: readonly ApiKey[],
  declared: readonly ApiKeySummary[],
  { namespace, accountRef, suspend }: ImportWish,
): ImportPlan {
  const taken = new Set(declared.filter((apiKey) => apiKey.namespace === namespace).map(({ name }) => name));
  const manifests: Readonly<Record<string, unknown>>[] = [];
  const keyIds: string[] = [];
  const skipped: { keyId: string; why: string }[] = [];
  for (const key of listed.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime())) {
    const mode = MODES.find((known) => known === key.mode);
    const why = reasonToSkip(key, declared);
    if (why !== undefined || mode === undefined) {
      skipped.push({ keyId: key.id, why: why ?? "its mode is not known to this plugin" });
      continue;
    }
    const name = freeName(nameFor(withoutTag(key.description)), taken);
    taken.add(name);
    keyIds.push(key.id);
    const secret = { secretName: name, secretKey: DEFAULT_ENTRY };
    manifests.push(manifestOf({ keyId: key.id, namespace, name, mode, accountRef, suspend, ...secret }));
  }
  return { manifests, keyIds, skipped };
}

function reasonToSkip(
  { id, status, description }: ApiKey,
  declared: readonly ApiKeySummary[],
): string | undefined {
  if (status !== "active") return `it is ${status}`;
  const by = declared.find((apiKey) => recorded(apiKey).includes(id));
  if (by !== undefined) return `ApiKey ${nameOf(by)} has or adopts it`;
  const tag = parseTag(description);
  if (tag === undefined) return undefined;
  const ours = declared.some((apiKey) => apiKey.status?.installation === tag.installation);
  return ours
    ? "it carries the tag of this cluster's installation: kubectl signatureapi orphans shows it if no record knows it"
    : `it is managed by another installation (${tag.installation})`;
}

function recorded({ adopts, status }: ApiKeySummary): readonly (string | undefined)[] {
  const previous = status?.previous?.map(({ keyId }) => keyId) ?? [];
  return [adopts, status?.keyId, status?.attempt?.keyId, ...previous];
}

/** The longest name of an ApiKey. */
const LONGEST_NAME = 63;

/** A name for an ApiKey, from the words of a description. What looks like a key is no word. @internal */
export function nameFor(text: string): string {
  const words = text
    .normalize("NFKD")
    .replaceAll(/key_(?:test|live)_\S*/giu, " ")
    .toLowerCase()
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .slice(0, LONGEST_NAME)
    .replaceAll(/^-+|-+$/gu, "");
  return words === "" ? "imported" : words;
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count += 1) {
    const suffix = count === 1 ? "" : `-${count}`;
    const candidate = `${name.slice(0, LONGEST_NAME - suffix.length).replaceAll(/-+$/gu, "")}${suffix}`;
    if (!taken.has(candidate)) return candidate;
  }
}
