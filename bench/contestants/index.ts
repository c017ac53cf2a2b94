import type { Contestant } from "./contestant.ts";
import { batched, flat } from "./hand-made.ts";
import { multithreading } from "./multithreading.ts";
import { piscina } from "./piscina.ts";
import { poolifier } from "./poolifier.ts";
import { ringpool } from "./ringpool.ts";
import { threads } from "./threads.ts";
import { tinypool } from "./tinypool.ts";
import { workerpool } from "./workerpool.ts";

/** The pools that take part in every question, in the order in which tables and plots have them. */
export const firstRivals: readonly Contestant[] = [ringpool, batched, flat];

/** The pools of the registry. Each loads its library when it starts, so that an unused one costs nothing. */
export const registryPools: readonly Contestant[] = [
  piscina,
  tinypool,
  poolifier,
  workerpool,
  multithreading,
  threads,
];
