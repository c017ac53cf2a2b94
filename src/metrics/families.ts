import type { Durations, PoolStats } from "../index.ts";
import type { NamedStats } from "./sources.ts";

const MS_PER_S = 1000;

/** One value of a metric. */
export interface Sample {
  /** What follows the name of the metric: "_sum" and "_count" of a summary; "" otherwise. */
  readonly suffix: "" | "_sum" | "_count";
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric as Prometheus knows it: a name, and its values by labels. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "summary";
  readonly samples: readonly Sample[];
}

type Reader = (stats: PoolStats) => readonly Omit<Sample, "suffix">[] | number;

interface Definition {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly read: Reader;
}

/** Base units and suffixes as https://prometheus.io/docs/practices/naming asks for. */
const DEFINITIONS: readonly Definition[] = [
  {
    name: "ringpool_requests_put_total",
    help: "Requests that were put.",
    type: "counter",
    read: ({ put }) => put,
  },
  {
    name: "ringpool_requests_total",
    help: "Requests that were delivered, by outcome.",
    type: "counter",
    read: ({ succeeded, failed, cancelled }) =>
      Object.entries({ succeeded, failed, cancelled }).map(([outcome, value]) => ({
        labels: { outcome },
        value,
      })),
  },
  {
    name: "ringpool_retries_total",
    help: "Runs beyond the first of each request, after the death of a worker.",
    type: "counter",
    read: ({ retried }) => retried,
  },
  {
    name: "ringpool_requests_pending",
    help: "Requests that were put and are not delivered.",
    type: "gauge",
    read: ({ pending }) => pending,
  },
  {
    name: "ringpool_requests_running",
    help: "Requests that workers run.",
    type: "gauge",
    read: ({ running }) => running,
  },
  {
    name: "ringpool_queue_length",
    help: "Requests that no worker has claimed.",
    type: "gauge",
    read: ({ queueLength }) => queueLength,
  },
  {
    name: "ringpool_workers",
    help: "Workers that have not ended.",
    type: "gauge",
    read: ({ workers }) => workers.length,
  },
  {
    name: "ringpool_worker_requests_total",
    help: "Requests that a worker has completed.",
    type: "counter",
    read: byWorker(({ requests }) => requests),
  },
  {
    name: "ringpool_worker_busy_seconds_total",
    help: "The time during which a worker had work.",
    type: "counter",
    read: byWorker(({ busyMs }) => busyMs / MS_PER_S),
  },
  {
    name: "ringpool_worker_busy_ratio",
    help: "The time during which a worker had work, as a share of the time since its start.",
    type: "gauge",
    read: byWorker(({ busyShare }) => busyShare),
  },
  {
    name: "ringpool_worker_predecessor_deaths",
    help: "Predecessors of a worker that have died.",
    type: "gauge",
    read: byWorker(({ deaths }) => deaths),
  },
];

/** The metrics of some pools. Each value has the label `pool`. */
export function familiesOf(all: readonly NamedStats[]): Family[] {
  return [
    ...DEFINITIONS.map(({ name, help, type, read }): Family => ({
      name,
      help,
      type,
      samples: all.flatMap((named) => samplesOf(named, read)),
    })),
    ...timesOf(
      all,
      "ringpool_queue_time",
      "from the put of a request to the start of its run",
      ({ queueTimeMs }) => queueTimeMs,
    ),
    ...timesOf(
      all,
      "ringpool_run_time",
      "from the start of a run to its result",
      ({ runTimeMs }) => runTimeMs,
    ),
  ];
}

function samplesOf({ name: pool, stats }: NamedStats, read: Reader): Sample[] {
  const values = read(stats);
  const list = typeof values === "number" ? [{ labels: {}, value: values }] : values;
  return list.map(({ labels, value }) => ({ suffix: "", labels: { pool, ...labels }, value }));
}

function byWorker(read: (figures: PoolStats["workers"][number]) => number): Reader {
  return ({ workers }) =>
    workers.map((figures) => ({ labels: { worker: String(figures.id) }, value: read(figures) }));
}

function timesOf(
  all: readonly NamedStats[],
  prefix: string,
  what: string,
  read: (stats: PoolStats) => Durations,
): Family[] {
  return [
    {
      name: `${prefix}_seconds`,
      help: `The time ${what}, of a sample of the requests.`,
      type: "summary",
      samples: all.flatMap(({ name: pool, stats }) => summaryOf(pool, read(stats))),
    },
    {
      name: `${prefix}_max_seconds`,
      help: `The longest time ${what}, of a sample of the requests.`,
      type: "gauge",
      samples: all.map(({ name: pool, stats }) => ({
        suffix: "",
        labels: { pool },
        value: read(stats).max / MS_PER_S,
      })),
    },
  ];
}

function summaryOf(pool: string, { count, p50, p90, p99, mean }: Durations): Sample[] {
  const quantiles = Object.entries({ "0.5": p50, "0.9": p90, "0.99": p99 });
  return [
    ...quantiles.map(([quantile, ms]): Sample => {
      // What was never measured has no quantiles.
      return { suffix: "", labels: { pool, quantile }, value: count === 0 ? NaN : ms / MS_PER_S };
    }),
    { suffix: "_sum", labels: { pool }, value: (mean * count) / MS_PER_S },
    { suffix: "_count", labels: { pool }, value: count },
  ];
}
