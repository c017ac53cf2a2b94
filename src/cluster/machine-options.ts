import type { ThreadPoolOptions } from "../index.ts";
import {
  checkKnownOptions,
  CORES,
  describeValue,
  ownOptions,
  TypeError,
} from "../runtime/index.ts";
import type { ClusterConnection } from "./connection.ts";
import { checkName } from "./names.ts";
import { checkFlag, checkListener, checkWhole } from "./option-checks.ts";
import { checkRegistry } from "./registry.ts";
import type { Registry } from "./registry.ts";
import { checkTrace } from "./trace.ts";
import type { ClusterTrace } from "./trace.ts";

/** Options of `serveMachine`. */
export interface MachineOptions {
  /** The name of the cluster. Producers connect with the same one. */
  readonly name: string;
  /** The Redis server: a URL, `{ host, port, username, password, db, tls }`, or a client of Bun. */
  readonly connection: ClusterConnection;
  /** The callables that this machine serves, by the names under which producers ask for them. */
  readonly registry: Registry;
  /** The version of the registry. Only requests of producers with the same one come here; with none, those of all. */
  readonly registryVersion?: string | undefined;
  /** The number of threads, 1 to 256; as many as there are cores when left out. */
  readonly threads?: number | undefined;
  /** Further options of the machine's `ThreadPool`, such as `initializer` and `memoryLimitBytes`. */
  readonly pool?: ThreadPoolOptions | undefined;
  /** What producers and figures call this machine, unique in the cluster; its host name, process id and a random part when left out. */
  readonly id?: string | undefined;
  /**
   * How long a chunk stays with a machine that does not renew its lock, in milliseconds, 10000 when left out. Together with
   * `stallCheckMs` it sets how soon the requests of a machine that was killed run elsewhere. Locks are renewed at half of it.
   */
  readonly lockDurationMs?: number | undefined;
  /** How often machines look for chunks without a lock, in milliseconds, 5000 when left out. */
  readonly stallCheckMs?: number | undefined;
  /** How often a chunk may be lost with its machine before it is taken apart to find the request that ends machines; 5 when left out. */
  readonly maxLosses?: number | undefined;
  /** The largest chunk that is read, and the largest result, in bytes; 4 MiB when left out. */
  readonly maxPayloadBytes?: number | undefined;
  /** The module `ringpool/metrics`: then the trace of the place that puts a request goes on where it runs. Both sides need it. */
  readonly trace?: ClusterTrace | undefined;
  /** What the keys in Redis begin with, `bull` when left out. */
  readonly prefix?: string | undefined;
  /** Whether SIGTERM and SIGINT dismiss the machine and then end the process with code 0; true when left out. */
  readonly handleSignals?: boolean | undefined;
  /** Called with what is wrong with the connection or a job; nothing is printed. No message holds credentials. */
  readonly onWarning?: ((warning: Error) => void) | undefined;
}

/** The options with every default filled in. */
export interface ResolvedMachineOptions {
  readonly name: string;
  readonly registry: Registry;
  readonly version: string | undefined;
  readonly threads: number;
  readonly pool: ThreadPoolOptions;
  readonly id: string | undefined;
  readonly lockDurationMs: number;
  readonly stallCheckMs: number;
  readonly maxLosses: number;
  readonly maxPayloadBytes: number;
  readonly trace: ClusterTrace | undefined;
  readonly prefix: string;
  readonly handleSignals: boolean;
  readonly onWarning: ((warning: Error) => void) | undefined;
}

/** The largest payload when the user sets no limit: 4 MiB. */
export const MAX_PAYLOAD_BYTES: number = 4 * 1024 * 1024;
/** Redis holds texts of 512 MiB at most, and a job is one. */
export const PAYLOAD_LIMIT: number = 256 * 1024 * 1024;
export const DEFAULT_LOCK_MS = 10_000;
export const DEFAULT_STALL_CHECK_MS = 5000;
export const LONGEST_MS: number = 2 ** 31 - 1;

const KNOWN = {
  name: true,
  connection: true,
  registry: true,
  registryVersion: true,
  threads: true,
  pool: true,
  id: true,
  lockDurationMs: true,
  stallCheckMs: true,
  maxLosses: true,
  maxPayloadBytes: true,
  trace: true,
  prefix: true,
  handleSignals: true,
  onWarning: true,
} satisfies Record<keyof MachineOptions, true>;

/**
 * Fills in the defaults.
 *
 * @throws TypeError or RangeError that names the option, its range and the value
 */
export function resolveMachineOptions(given: unknown): ResolvedMachineOptions {
  checkKnownOptions(given, KNOWN, "serveMachine");
  const options = ownOptions(given as MachineOptions, KNOWN);
  const {
    threads = Math.min(CORES, 256),
    pool = {},
    id,
    registryVersion,
    prefix = "bull",
  } = options;
  const { lockDurationMs = DEFAULT_LOCK_MS, stallCheckMs = DEFAULT_STALL_CHECK_MS } = options;
  const { maxLosses = 5, maxPayloadBytes = MAX_PAYLOAD_BYTES, handleSignals = true } = options;
  if (typeof pool !== "object" || pool === null)
    throw new TypeError(`pool is the options of a ThreadPool: pool=${describeValue(pool)}`);
  return {
    name: checkName(options.name, "name"),
    registry: checkRegistry(options.registry),
    version:
      registryVersion === undefined ? undefined : checkName(registryVersion, "registryVersion"),
    threads: checkWhole(threads, "threads", 1, 256),
    pool,
    id: id === undefined ? undefined : checkName(id, "id"),
    lockDurationMs: checkWhole(lockDurationMs, "lockDurationMs", 100, LONGEST_MS),
    stallCheckMs: checkWhole(stallCheckMs, "stallCheckMs", 100, LONGEST_MS),
    maxLosses: checkWhole(maxLosses, "maxLosses", 0, 1000),
    maxPayloadBytes: checkWhole(maxPayloadBytes, "maxPayloadBytes", 1, PAYLOAD_LIMIT),
    trace: checkTrace(options.trace),
    prefix: checkName(prefix, "prefix"),
    handleSignals: checkFlag(handleSignals, "handleSignals"),
    onWarning: checkListener(options.onWarning, "onWarning"),
  };
}
