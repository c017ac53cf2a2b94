import { Map, TypeError, checkKnownOptions, inspect, ownOptions } from "../runtime/index.ts";
import { openTelemetry } from "./open-telemetry.ts";
import { checkSources, readAll } from "./sources.ts";
import type { NamedStats, StatsSource } from "./sources.ts";

type Attributes = Record<string, string | number>;

/** An instrument whose value is read when it is collected. */
export interface ObservableInstrument {}

/** What this needs of a `Meter` of OpenTelemetry. */
export interface MetricMeter {
  /** Makes an instrument whose value only rises. */
  createObservableCounter(name: string, options: InstrumentOptions): ObservableInstrument;
  /** Makes an instrument whose values of different attributes can be added. */
  createObservableUpDownCounter(name: string, options: InstrumentOptions): ObservableInstrument;
  /** Makes an instrument whose values cannot be added. */
  createObservableGauge(name: string, options: InstrumentOptions): ObservableInstrument;
  /** Calls a function at each collection, which observes several instruments. */
  addBatchObservableCallback(callback: (result: any) => void, instruments: any[]): void;
  /** Ends `addBatchObservableCallback`. */
  removeBatchObservableCallback(callback: (result: any) => void, instruments: any[]): void;
}

/** What an instrument is made with. */
export interface InstrumentOptions {
  /** What it tells. */
  readonly description: string;
  /** The unit of its values. */
  readonly unit: string;
}

/** Options of `observeMetrics`. */
export interface ObserveMetricsOptions {
  /** The meter that the instruments belong to; `metrics.getMeter("ringpool")` of `@opentelemetry/api` when left out. */
  readonly meter?: MetricMeter | undefined;
  /** Attributes that every value gets, beside `ringpool.pool.name`. */
  readonly attributes?: Readonly<Record<string, string | number>> | undefined;
}

const KNOWN = {
  meter: true,
  attributes: true,
} satisfies Record<keyof ObserveMetricsOptions, true>;

type Kind = "counter" | "up-down counter" | "gauge";
type Value = readonly [value: number, attributes?: Attributes];

interface Definition {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: Kind;
  readonly read: (stats: NamedStats["stats"]) => readonly Value[];
}

const MS_PER_S = 1000;

/** Names and units as https://opentelemetry.io/docs/specs/semconv/general/metrics asks for. */
const DEFINITIONS: readonly Definition[] = [
  {
    name: "ringpool.requests.put",
    description: "Requests that were put",
    unit: "{request}",
    kind: "counter",
    read: ({ put }) => [[put]],
  },
  {
    name: "ringpool.requests.delivered",
    description: "Requests that were delivered, by outcome",
    unit: "{request}",
    kind: "counter",
    read: ({ succeeded, failed, cancelled }) =>
      Object.entries({ succeeded, failed, cancelled }).map(([outcome, value]): Value => [
        value,
        { "ringpool.request.outcome": outcome },
      ]),
  },
  {
    name: "ringpool.requests.retried",
    description: "Runs beyond the first of each request, after the death of a worker",
    unit: "{run}",
    kind: "counter",
    read: ({ retried }) => [[retried]],
  },
  {
    name: "ringpool.requests.pending",
    description: "Requests that were put and are not delivered",
    unit: "{request}",
    kind: "up-down counter",
    read: ({ pending }) => [[pending]],
  },
  {
    name: "ringpool.requests.running",
    description: "Requests that workers run",
    unit: "{request}",
    kind: "up-down counter",
    read: ({ running }) => [[running]],
  },
  {
    name: "ringpool.queue.length",
    description: "Requests that no worker has claimed",
    unit: "{request}",
    kind: "up-down counter",
    read: ({ queueLength }) => [[queueLength]],
  },
  {
    name: "ringpool.workers",
    description: "Workers that have not ended",
    unit: "{worker}",
    kind: "up-down counter",
    read: ({ workers }) => [[workers.length]],
  },
  {
    name: "ringpool.worker.requests",
    description: "Requests that a worker has completed",
    unit: "{request}",
    kind: "counter",
    read: ({ workers }) => workers.map(({ id, requests }) => [requests, ofWorker(id)]),
  },
  {
    name: "ringpool.worker.busy_time",
    description: "The time during which a worker had work",
    unit: "s",
    kind: "counter",
    read: ({ workers }) => workers.map(({ id, busyMs }) => [busyMs / MS_PER_S, ofWorker(id)]),
  },
  {
    name: "ringpool.worker.utilization",
    description: "The time during which a worker had work, as a share of the time since its start",
    unit: "1",
    kind: "gauge",
    read: ({ workers }) => workers.map(({ id, busyShare }) => [busyShare, ofWorker(id)]),
  },
  {
    name: "ringpool.request.queue_time",
    description: "The time from the put of a request to the start of its run, of a sample",
    unit: "s",
    kind: "gauge",
    read: ({ queueTimeMs }) => quantilesOf(queueTimeMs),
  },
  {
    name: "ringpool.request.run_time",
    description: "The time from the start of a run to its result, of a sample",
    unit: "s",
    kind: "gauge",
    read: ({ runTimeMs }) => quantilesOf(runTimeMs),
  },
];

/**
 * Makes observable instruments of OpenTelemetry for the figures of pools. They are read when they are collected.
 *
 * @param pools a pool, or an array of pools
 * @returns a function that ends it
 * @throws TypeError when an argument is of the wrong kind; Error when no meter is given and `@opentelemetry/api` is not installed
 * @example
 * ```ts
 * const stop = observeMetrics(pool); // by the global MeterProvider
 * ```
 */
export function observeMetrics(
  pools: StatsSource | readonly StatsSource[],
  options: ObserveMetricsOptions = {},
): () => void {
  const sources = checkSources(pools, "observeMetrics");
  checkKnownOptions(options, KNOWN, "observeMetrics");
  const { meter: given, attributes: more = {} } = ownOptions(options, KNOWN);
  const meter: MetricMeter = given ?? openTelemetry().metrics.getMeter("ringpool");
  if (typeof meter.addBatchObservableCallback !== "function")
    throw new TypeError(`meter is a Meter of OpenTelemetry: meter=${inspect(meter, { depth: 0 })}`);
  const instruments = new Map<Definition, ObservableInstrument>();
  for (const definition of DEFINITIONS)
    instruments.set(definition, instrumentOf(meter, definition));
  const observed = [...instruments.values()];
  const observe = (result: ObservableResult): void => {
    for (const { name, stats } of readAll(sources)) {
      const common = { ...more, "ringpool.pool.name": name };
      for (const [definition, instrument] of instruments) {
        for (const [value, attributes] of definition.read(stats))
          result.observe(instrument, value, { ...common, ...attributes });
      }
    }
  };
  meter.addBatchObservableCallback(observe, observed);
  return () => meter.removeBatchObservableCallback(observe, observed);
}

interface ObservableResult {
  observe(instrument: ObservableInstrument, value: number, attributes: Attributes): void;
}

function instrumentOf(
  meter: MetricMeter,
  { name, kind, description, unit }: Definition,
): ObservableInstrument {
  const options = { description, unit };
  if (kind === "counter") return meter.createObservableCounter(name, options);
  if (kind === "gauge") return meter.createObservableGauge(name, options);
  return meter.createObservableUpDownCounter(name, options);
}

function ofWorker(id: number): Attributes {
  return { "ringpool.worker.id": id };
}

function quantilesOf({ count, p50, p90, p99, max }: NamedStats["stats"]["runTimeMs"]): Value[] {
  // What was never measured has no values.
  if (count === 0) return [];
  return Object.entries({ "0.5": p50, "0.9": p90, "0.99": p99, "1": max }).map(
    ([quantile, ms]): Value => [ms / MS_PER_S, { quantile: Number(quantile) }],
  );
}
