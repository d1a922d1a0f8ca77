import type { CommitRecord, SecretView } from "@signatureapi-keys/lifecycle";
import { KeyValue } from "@signatureapi-keys/management-api";
import { declaredEntries } from "../../controller/src/apikey/entries.ts";
import { secretFacts } from "../../controller/src/apikey/secret-facts.ts";
import { secretView } from "../../controller/src/apikey/secret-view.ts";
import {
  isDeclaredShape,
  secretManifest,
  touchedSecret,
} from "../../controller/src/apikey/secret-manifest.ts";
import { conditionsOf, readStatus, writeStatus } from "../../controller/src/apikey/status-codec.ts";
import { apiKeySpecSchema, type ApiKeySpec } from "../../controller/src/resources/apikey.ts";
import { SECRET_ANNOTATIONS } from "../../controller/src/resources/names.ts";
import type { Secret } from "../../controller/src/resources/types.ts";
import { THEIRS, type Codecs, type Reader, type WrittenStatus } from "../../lifecycle/src/model/codecs.ts";
import type { StoredSecret, WrittenEntries } from "../../lifecycle/src/model/stored.ts";
import { remembering } from "./memory.ts";
import { modelFingerprint, realFingerprint, writtenText } from "./values.ts";

const NAME = "checkout";
const NAMESPACE = "shop";
const ENTRY = "SIGNATUREAPI_KEY";
const PREVIOUS_ENTRY = "SIGNATUREAPI_KEY_PREVIOUS";
const NOW = new Date(0);

/**
 * Records as the controller writes and reads them: a status through its conditions and its JSON, a Secret through its
 * annotations and its facts. Values and fingerprints of the model are exchanged for real ones on the way.
 */
export const SHIPPED_CODECS: Codecs = {
  status: remembering(statusAsRead, (written) => JSON.stringify(written)),
  secret: (secret, reader, read) => {
    const { uid, resourceVersion, ...content } = secret;
    return { ...secretAsRead({ content, reader }), read, uid, resourceVersion };
  },
};

function statusAsRead({ status, verdict, observedGeneration }: WrittenStatus): WrittenStatus {
  const conditions =
    verdict === undefined
      ? []
      : conditionsOf(verdict, [], { generation: observedGeneration, reported: observedGeneration }, NOW);
  const written: unknown = JSON.parse(JSON.stringify(writeStatus(status, conditions, observedGeneration)));
  const { record, verdict: read, observedGeneration: generation } = readStatus(written);
  return { status: record, verdict: read, observedGeneration: generation };
}

interface Asked {
  readonly content: Omit<StoredSecret, "uid" | "resourceVersion">;
  readonly reader: Reader;
}

type Present = SecretView & { readonly state: "present" };

const secretAsRead = remembering(
  readSecret,
  ({ content, reader: { uid, mode, keepsPrevious, fingerprint, retiring } }) =>
    JSON.stringify([content, uid, mode, keepsPrevious, fingerprint, retiring]),
);

function readSecret({ content, reader }: Asked): Present {
  const { mode, fingerprint } = reader;
  const facts = secretFacts(manifestOf(content, reader));
  const declared = specOf(reader.keepsPrevious, mode);
  const view = secretView(facts, "live", {
    uid: reader.uid,
    entry: ENTRY,
    previousEntry: reader.keepsPrevious ? PREVIOUS_ENTRY : undefined,
    fingerprint: fingerprint === undefined ? undefined : realFingerprint(fingerprint, mode),
    retiring: reader.retiring.map((each) => realFingerprint(each, mode)),
    declared: declaredEntries(declared),
    isDeclaredShape: (secret) => isDeclaredShape(secret, declared, NAME),
  });
  if (view.state !== "present") throw new TypeError("the Secret is there");
  return withModelFingerprints(view);
}

function withModelFingerprints(view: Present): Present {
  return {
    ...view,
    record: view.record && withFingerprints(view.record, modelFingerprint),
    fingerprint: view.fingerprint && modelFingerprint(view.fingerprint),
    previous: view.previous && modelFingerprint(view.previous),
    entries: view.entries.map(modelFingerprint),
  };
}

function withFingerprints(record: CommitRecord, exchange: (fingerprint: string) => string): CommitRecord {
  const previous = record.previous.map((retiring) =>
    retiring.fingerprint === undefined
      ? retiring
      : { ...retiring, fingerprint: exchange(retiring.fingerprint) },
  );
  return { ...record, previous, fingerprint: exchange(record.fingerprint) };
}

/** The Secret as the API server has it: as it was written last, and what was edited since. */
function manifestOf(content: Asked["content"], { mode }: Reader): Secret {
  const { value, previous, touchedFor, foreign } = content;
  const { labels, annotations } = metadataOf(content, mode);
  const data = {
    ...(value === undefined ? {} : { [ENTRY]: base64(writtenText(value, mode)) }),
    ...(previous === undefined ? {} : { [PREVIOUS_ENTRY]: base64(writtenText(previous, mode)) }),
    ...(foreign === true ? { [THEIRS]: base64("another user's") } : {}),
  };
  const metadata = { name: NAME, namespace: NAMESPACE, uid: "", resourceVersion: "", labels, annotations };
  const secret: Secret = { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data };
  return touchedFor === undefined ? secret : touchedSecret(secret, touchedFor);
}

type Labelled = { readonly labels: Record<string, string>; readonly annotations: Record<string, string> };

function metadataOf({ owner, record, written }: Asked["content"], mode: string): Labelled {
  const named: Record<string, string> = owner === undefined ? {} : { [SECRET_ANNOTATIONS.owner]: owner };
  if (record === undefined || written === undefined) return { labels: {}, annotations: named };
  const plan = {
    namespace: NAMESPACE,
    name: NAME,
    apiKey: { name: NAME, uid: owner ?? "" },
    spec: specOf(written.keepsPrevious, mode),
    record: withFingerprints(record, (fingerprint) => realFingerprint(fingerprint, mode)),
  };
  const value = KeyValue.of(writtenText(written.value, mode));
  const { labels = {}, annotations = {} } = secretManifest(plan, value, beforeOf(written, mode)).metadata;
  const { [SECRET_ANNOTATIONS.owner]: _written, ...rest } = annotations;
  return { labels, annotations: { ...rest, ...named } };
}

/** What a write took the previous value from. */
function beforeOf({ previous }: WrittenEntries, mode: string): Secret | undefined {
  if (previous === undefined) return undefined;
  const metadata = { name: NAME, namespace: NAMESPACE, uid: "", resourceVersion: "" };
  const data = { [PREVIOUS_ENTRY]: base64(writtenText(previous, mode)) };
  return { apiVersion: "v1", kind: "Secret", metadata, data };
}

const specs = new Map<string, ApiKeySpec>();

function specOf(keepsPrevious: boolean, mode: string): ApiKeySpec {
  const name = `${mode} ${keepsPrevious}`;
  const known =
    specs.get(name) ??
    apiKeySpecSchema.parse({
      mode: mode === "test" ? "test" : "live",
      secret: { key: ENTRY, ...(keepsPrevious ? { previousKey: PREVIOUS_ENTRY } : {}) },
    });
  specs.set(name, known);
  return known;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
