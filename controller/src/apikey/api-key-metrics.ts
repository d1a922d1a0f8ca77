import { Gauge, type Registry } from "@prometheus-io/client";
import type { ShownCondition } from "../condition-series.ts";
import { keyOf, parseKey } from "../kube/index.ts";
import { SharedValues } from "../shared-values.ts";
import type { ApiKeyRef } from "./document.ts";

/** What the metrics show of one ApiKey. */
export interface ApiKeySample {
  /** Whether it is delivered. */
  readonly ready: boolean;
  readonly conditions: readonly ShownCondition[];
  /** How many attempts have an outcome that is not known for certain yet. */
  readonly unsettled: number;
  /** How many previous keys live on although their time is over. */
  readonly overdue: number;
  /** In milliseconds since the epoch. */
  readonly nextRotationAt: number | undefined;
}

type Labels = Readonly<Record<string, string>>;
/** One line of a metric. */
type Series = { readonly value: number; readonly labels: Labels };
/** The series of one ApiKey: what its labels have besides its name, and the value. */
type SeriesOf = (sample: ApiKeySample) => readonly (readonly [more: Labels, value: number])[];

/** What each metric shows. */
const METRICS: readonly {
  readonly name: string;
  readonly help: string;
  readonly more?: readonly string[];
  readonly seriesOf: SeriesOf;
}[] = [
  {
    name: "signatureapi_apikey_ready",
    help: "1 while the Secret holds the key's value",
    seriesOf: ({ ready }) => [[{}, ready ? 1 : 0]],
  },
  {
    name: "signatureapi_apikey_next_rotation_timestamp_seconds",
    help: "When the key is due for replacement",
    seriesOf: ({ nextRotationAt }) => (nextRotationAt === undefined ? [] : [[{}, nextRotationAt / 1_000]]),
  },
  {
    name: "signatureapi_apikey_condition",
    help: "1 for each condition that the ApiKey has now, with its status and reason",
    more: ["type", "status", "reason"],
    seriesOf: ({ conditions }) =>
      conditions.map(({ type, status, reason }) => [{ type, status, reason }, 1] as const),
  },
  {
    name: "signatureapi_apikey_unsettled_attempts",
    help: "Attempts whose outcome is not certain yet; if it stays above 0, a key may be active whose value no process has",
    seriesOf: ({ unsettled }) => [[{}, unsettled]],
  },
  {
    name: "signatureapi_apikey_overdue_revocations",
    help: "Old keys that are active although their overlap has passed: a rollout or a Pod holds them back, or revoking fails",
    seriesOf: ({ overdue }) => [[{}, overdue]],
  },
];

/** A gauge whose series are made when they are collected, and not kept. */
class CollectedGauge extends Gauge<string> {
  readonly #collectSeries: () => Iterable<Series>;

  constructor(config: ConstructorParameters<typeof Gauge<string>>[0], collectSeries: () => Iterable<Series>) {
    super(config);
    this.#collectSeries = collectSeries;
  }

  override async get(): ReturnType<Gauge<string>["get"]> {
    return { ...(await super.get()), values: [...this.#collectSeries()] };
  }
}

/**
 * The metrics of ApiKeys. A series of its own in each gauge would take a kilobyte for an ApiKey: one sample is kept, and
 * the series are made of it when they are asked for.
 */
export class ApiKeyMetrics {
  readonly #samples = new Map<string, ApiKeySample>();
  /** Most ApiKeys have the same conditions. */
  readonly #conditions = new SharedValues<ApiKeySample["conditions"]>();

  /** Registers the metrics. */
  constructor(registry: Registry) {
    for (const { name, help, more = [], seriesOf } of METRICS) {
      const labelNames = ["namespace", "name", ...more];
      const config = { name, help, labelNames, registers: [] };
      registry.registerMetric(new CollectedGauge(config, () => this.#series(seriesOf)));
    }
  }

  /** Shows an ApiKey in place of what it showed before. */
  show({ namespace, name }: ApiKeyRef, sample: ApiKeySample): void {
    const conditions = this.#conditions.alike(
      sample.conditions.map(({ type, status, reason }) => ({ type, status, reason })),
    );
    this.#samples.set(keyOf({ metadata: { namespace, name } }), { ...sample, conditions });
  }

  /** The ApiKey is gone: its series go too. */
  forget({ namespace, name }: ApiKeyRef): void {
    this.#samples.delete(keyOf({ metadata: { namespace, name } }));
  }

  *#series(seriesOf: SeriesOf): Iterable<Series> {
    for (const [key, sample] of this.#samples) {
      const { namespace = "", name } = parseKey(key);
      for (const [more, value] of seriesOf(sample)) yield { value, labels: { namespace, name, ...more } };
    }
  }
}
