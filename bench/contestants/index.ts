import type { Contestant } from "./contestant.ts";
import { multithreading } from "./multithreading.ts";
import { piscina } from "./piscina.ts";
import { poolifier } from "./poolifier.ts";
import { postMessage } from "./post-message.ts";
import { threads } from "./threads.ts";
import { tinypool } from "./tinypool.ts";
import { workerpool } from "./workerpool.ts";

/** All contestants except ringpool. Each loads its library when it starts, so that an unused one costs nothing. */
export const peers: readonly Contestant[] = [
  postMessage,
  piscina,
  tinypool,
  poolifier,
  workerpool,
  multithreading,
  threads,
];
