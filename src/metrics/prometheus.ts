import { Set, TypeError, inspect } from "../runtime/index.ts";
import { familiesOf } from "./families.ts";
import type { Family, Sample } from "./families.ts";
import { checkSources, readAll } from "./sources.ts";
import type { StatsSource } from "./sources.ts";

/** The Content-Type of what `prometheusText` returns. */
export const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * The figures of pools in the text format that Prometheus collects.
 *
 * @example
 * ```ts
 * Bun.serve({
 *   routes: {
 *     "/metrics": () =>
 *       new Response(prometheusText(pool), { headers: { "content-type": PROMETHEUS_CONTENT_TYPE } }),
 *   },
 * });
 * ```
 * @param pools a pool, or an array of pools
 * @throws TypeError when it is neither
 */
export function prometheusText(pools: StatsSource | readonly StatsSource[]): string {
  const families = familiesOf(readAll(checkSources(pools, "prometheusText")));
  return families.map(textOf).join("");
}

/** A metric as a registry of `prom-client` asks for its values. */
export interface PrometheusMetric {
  /** The name of the metric. A registry of the OpenMetrics format shortens that of a counter. */
  name: string;
  /** What it tells. */
  readonly help: string;
  /** How its values are to be read. */
  readonly type: string;
  /** Reads the values. */
  get(): Promise<unknown>;
  /** Does nothing: the figures are the pool's. */
  reset(): void;
}

/** A registry of `prom-client`. */
export interface PrometheusRegistry {
  /** Adds a metric. */
  registerMetric(metric: any): void;
  /** Removes a metric. */
  removeSingleMetric(name: string): void;
}

/**
 * Adds the figures of pools to a registry of `prom-client`, so that they are collected with the program's own metrics.
 *
 * @param registry such as `client.register`
 * @param pools a pool, or an array of pools. All pools of a registry are registered by one call
 * @returns a function that removes them again
 * @throws TypeError when an argument is of the wrong kind; the registry's error when they are registered already
 * @example
 * ```ts
 * import client from "prom-client";
 * registerPrometheus(client.register, pool);
 * ```
 */
export function registerPrometheus(
  registry: PrometheusRegistry,
  pools: StatsSource | readonly StatsSource[],
): () => void {
  if (typeof registry?.registerMetric !== "function") {
    throw new TypeError(
      `registerPrometheus takes a registry of prom-client first: registerPrometheus(client.register, pool): registry=${inspect(registry, { depth: 0 })}`,
    );
  }
  const sources = checkSources(pools, "registerPrometheus");
  const registered = new Set<string>();
  const remove = (): void => {
    for (const name of registered) registry.removeSingleMetric(name);
    registered.clear();
  };
  try {
    for (const { name } of familiesOf([])) {
      registry.registerMetric(metricOf(name, sources));
      registered.add(name);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

function metricOf(name: string, sources: readonly StatsSource[]): PrometheusMetric {
  const read = (): Family =>
    familiesOf(readAll(sources)).find((family) => family.name === name) as Family;
  const { help, type } = familiesOf([]).find((family) => family.name === name) as Family;
  return {
    name,
    help,
    type,
    async get() {
      const values = read().samples.map(({ suffix, labels, value }) =>
        suffix === "" ? { labels, value } : { metricName: name + suffix, labels, value },
      );
      return { name: this.name, help, type, values, aggregator: "sum" };
    },
    reset() {},
  };
}

function textOf({ name, help, type, samples }: Family): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
  for (const sample of samples) lines.push(sampleText(name, sample));
  return `${lines.join("\n")}\n`;
}

function sampleText(name: string, { suffix, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${suffix}{${pairs.join(",")}} ${numberText(value)}`;
}

/** The value of a label. A lone surrogate has no UTF-8. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll('"', '\\"');
}

function numberText(value: number): string {
  return Number.isNaN(value) ? "NaN" : String(value);
}
