import { Bun, checkKnownOptions, ownOptions } from "../runtime/index.ts";
import type { ClusterConnection } from "./connection.ts";
import {
  DEFAULT_LOCK_MS,
  DEFAULT_STALL_CHECK_MS,
  LONGEST_MS,
  MAX_PAYLOAD_BYTES,
  PAYLOAD_LIMIT,
} from "./machine-options.ts";
import { checkName } from "./names.ts";
import { checkListener, checkWhole } from "./option-checks.ts";
import { checkTrace } from "./trace.ts";
import type { ClusterTrace } from "./trace.ts";

/** A result that no request of this program waits for: an earlier life of the producer had put its request. */
export interface UnclaimedResult {
  /** The name of the callable. */
  readonly callable: string;
  /** The requestID, when the program had chosen it and it is a text or a number. */
  readonly requestID: string | number | undefined;
  /** How the run has ended. */
  readonly outcome: "succeeded" | "failed";
  /** The result, or the error. */
  readonly value: unknown;
  /** The id of the machine that has run it. */
  readonly machine: string;
}

/** Options of `ClusterPool.connect`. */
export interface ClusterPoolOptions {
  /** The name of the cluster: that of `serveMachine`. */
  readonly name: string;
  /** The Redis server: a URL, `{ host, port, username, password, db, tls }`, or a client of Bun. */
  readonly connection: ClusterConnection;
  /** The version of the registry that the requests are for. Only machines with the same one, or with none, run them. */
  readonly registryVersion?: string | undefined;
  /**
   * The name of this producer, unique among those of the cluster; made up when left out. A program that is started again with
   * the same name gets the results of what it had put before, by `onUnclaimed`.
   */
  readonly producer?: string | undefined;
  /** The most requests without an outcome; `putRequest` waits for room. 10000 when left out. */
  readonly maxOutstanding?: number | undefined;
  /** The largest arguments of one request, in bytes; 4 MiB when left out. */
  readonly maxPayloadBytes?: number | undefined;
  /** As of `serveMachine`, for the results on their way to this producer: 10000 when left out. */
  readonly lockDurationMs?: number | undefined;
  /** As of `serveMachine`: 5000 when left out. */
  readonly stallCheckMs?: number | undefined;
  /** After how many milliseconds without a result a chunk is looked for, and put again if the queue has lost it; 15000 when left out. */
  readonly overdueMs?: number | undefined;
  /** For how long no machine may serve the version, while others serve other ones, before requests fail; 10000 when left out. */
  readonly versionTimeoutMs?: number | undefined;
  /** The module `ringpool/metrics`: then the trace of the place that puts a request goes on where it runs. Both sides need it. */
  readonly trace?: ClusterTrace | undefined;
  /** What the keys in Redis begin with, `bull` when left out. */
  readonly prefix?: string | undefined;
  /** Called with each result of an earlier life of this producer. */
  readonly onUnclaimed?: ((result: UnclaimedResult) => void) | undefined;
  /** Called with what is wrong with the connection, a job, or the version; printed when left out, for what holds requests up. */
  readonly onWarning?: ((warning: Error) => void) | undefined;
}

/** The options with every default filled in. */
export interface ResolvedClusterOptions {
  readonly name: string;
  readonly version: string;
  readonly producer: string;
  /** Tells this life of the producer from others. Later lives are greater. */
  readonly life: string;
  readonly maxOutstanding: number;
  readonly maxPayloadBytes: number;
  readonly lockDurationMs: number;
  readonly stallCheckMs: number;
  readonly overdueMs: number;
  readonly versionTimeoutMs: number;
  readonly trace: ClusterTrace | undefined;
  readonly prefix: string;
  readonly onUnclaimed: ((result: UnclaimedResult) => void) | undefined;
  readonly onWarning: ((warning: Error) => void) | undefined;
}

const KNOWN = {
  name: true,
  connection: true,
  registryVersion: true,
  producer: true,
  maxOutstanding: true,
  maxPayloadBytes: true,
  lockDurationMs: true,
  stallCheckMs: true,
  overdueMs: true,
  versionTimeoutMs: true,
  trace: true,
  prefix: true,
  onUnclaimed: true,
  onWarning: true,
} satisfies Record<keyof ClusterPoolOptions, true>;

/**
 * Fills in the defaults.
 *
 * @throws TypeError or RangeError that names the option, its range and the value
 */
export function resolveClusterOptions(given: unknown): ResolvedClusterOptions {
  checkKnownOptions(given, KNOWN, "ClusterPool.connect");
  const options = ownOptions(given as ClusterPoolOptions, KNOWN);
  const life = Bun.randomUUIDv7();
  const { producer = `p-${life}`, maxOutstanding = 10_000, prefix = "bull" } = options;
  const { maxPayloadBytes = MAX_PAYLOAD_BYTES, registryVersion } = options;
  const { lockDurationMs = DEFAULT_LOCK_MS, stallCheckMs = DEFAULT_STALL_CHECK_MS } = options;
  const { overdueMs = 15_000, versionTimeoutMs = 10_000 } = options;
  return {
    name: checkName(options.name, "name"),
    version: registryVersion === undefined ? "" : checkName(registryVersion, "registryVersion"),
    producer: checkName(producer, "producer"),
    life,
    maxOutstanding: checkWhole(maxOutstanding, "maxOutstanding", 1, 10_000_000),
    maxPayloadBytes: checkWhole(maxPayloadBytes, "maxPayloadBytes", 1, PAYLOAD_LIMIT),
    lockDurationMs: checkWhole(lockDurationMs, "lockDurationMs", 100, LONGEST_MS),
    stallCheckMs: checkWhole(stallCheckMs, "stallCheckMs", 100, LONGEST_MS),
    overdueMs: checkWhole(overdueMs, "overdueMs", 100, LONGEST_MS),
    versionTimeoutMs: checkWhole(versionTimeoutMs, "versionTimeoutMs", 0, LONGEST_MS),
    trace: checkTrace(options.trace),
    prefix: checkName(prefix, "prefix"),
    onUnclaimed: checkListener(options.onUnclaimed, "onUnclaimed"),
    onWarning: checkListener(options.onWarning, "onWarning"),
  };
}
