/**
 * The entry `ringpool/bullmq`: the same requests on many machines, over BullMQ on Redis.
 *
 * A program connects with `ClusterPool`, and each machine serves with `serveMachine`, whose threads are those of a local
 * `ThreadPool`. This room uses the package as any program would, beside what makes values and errors the same as locally. It must
 * never know how a pool works inside, and nothing else of the package knows it, nor BullMQ.
 *
 * @module ringpool/bullmq
 */
export { ClusterPool } from "./cluster-pool.ts";
export type { ClusterCloseOptions } from "./cluster-pool.ts";
export type { ClusterPoolOptions, UnclaimedResult } from "./cluster-options.ts";
export type {
  ClusterImapOptions,
  ClusterImapUnorderedOptions,
  ClusterMapOptions,
  ClusterProgress,
  ClusterRunOptions,
} from "./call-options.ts";
export type { ClusterStats, MachineFigures } from "./cluster-stats.ts";
export type { ClusterConnection, ClusterConnectionOptions } from "./connection.ts";
export { serveMachine } from "./machine.ts";
export type { Machine } from "./machine.ts";
export type { MachineOptions } from "./machine-options.ts";
export type { MachinePresence } from "./presence.ts";
export type { Registry } from "./registry.ts";
export type { ClusterTrace, ClusterTraceCarrier } from "./trace.ts";
