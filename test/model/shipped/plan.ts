/** What is explored how far: in every test run, and by `bun run explore:shipped`. */
import { BOARD } from "./configurations/board.ts";
import { DEATHS } from "./configurations/death.ts";
import { HELPERS } from "./configurations/helpers.ts";
import { ITEM_CURSOR } from "./configurations/item-cursor.ts";
import { MESSAGES } from "./configurations/messages.ts";
import { OFFERS } from "./configurations/offers.ts";
import { REQUESTS } from "./configurations/requests.ts";
import { RESULTS } from "./configurations/results.ts";
import { SLEEPING } from "./configurations/sleeping.ts";
import { TOGETHER } from "./configurations/together.ts";
import { WORKER_WORDS } from "./configurations/worker-words.ts";
import { exploreBounded } from "./explore/bounded.ts";
import { exploreAll } from "./explore/exhaustive.ts";
import type { Exploration } from "./explore/exhaustive.ts";
import type { Configuration, Play } from "./scenes/world.ts";

/**
 * - `all`: every interleaving of every access, plain ones too, with a search for races in every state
 * - `atomics`: every interleaving of the atomic operations
 * - a number: every interleaving with so many preemptions
 */
export type Depth = "all" | "atomics" | number;

/** A configuration, and how far it is explored. */
export interface Planned {
  readonly configuration: Configuration;
  /** Every one is also run in random orders. */
  readonly inTests: Depth | "random";
  readonly inLong: Depth;
}

/** The configurations that are not explored `all` the way both in the tests and in the long form. */
export const LIMITED: Readonly<
  Record<string, readonly [inTests: Depth | "random", inLong: Depth]>
> = {
  "two puts, two workers that claim twice, from 2147483647": [2, "all"],
  "a request is cancelled and its task put again, from 0": [2, "all"],
  "a request is cancelled and its task put again, from 2147483647": ["atomics", "all"],
  "a request is cancelled and its task put again, from -1": [2, "all"],
  "a worker stalls while the others go round the whole ring": [2, "atomics"],
  "of three requests that are put together, number 0 is cancelled and its task put again": [
    2,
    "all",
  ],
  "of three requests that are put together, number 1 is cancelled and its task put again": [
    2,
    "all",
  ],
  "a worker stalls while requests that are put together go round the whole ring": [2, "all"],
  "two workers start, two requests are put together": [1, 3],
  "one worker starts, one sleeps, two requests are put that run for ever": [2, "all"],
  "two workers end after one request each": [1, "all"],
  "two workers start, two requests are put": [1, 3],
  "three workers sleep, three requests are put that run for ever": [3, "all"],
  "a request is offered to one of two workers": [2, 3],
  "a request is offered to each of two workers": [2, 3],
  "two workers, two requests, from put to result": [1, 3],
  "three workers, four requests, from put to result": [0, 2],
  "a child is taken back while a worker looks for it": [2, "all"],
  "two workers look for one child": [1, 2],
  "a child may be lost with its taker": [2, 3],
  "the taker of a child is killed": [1, 2],
  "the owner of a child is killed": [1, 3],
  "owner and taker of a child are killed": [1, 2],
  "two helpers, two children, one after the other": [1, 2],
  "two helpers, two children at a time": [2, 2],
  "a helper of another tree sleeps beside one of this tree": [1, "all"],
  "a helper is killed before a child is offered": [1, 2],
  "the parent of the pool stops the request of a child that waits for it": [2, "all"],
  "workers begin to listen while a buffer is posted": [1, 2],
  "a worker is killed by a parent that then blocks": [2, "all"],
  "a worker is killed while it may have a request": ["all", "all"],
  "a worker is killed while it may have a request, and another is put": [1, "all"],
  "a worker is dismissed while it may have a request": [2, "all"],
  "a worker is dismissed, then killed by a parent that then blocks": [1, 3],
  "a worker dies at any step, unasked, and another request is put": [0, 2],
  "one of two workers dies at any step, unasked, two requests": [0, 2],
  "one of two workers dies at any step, unasked, two requests that are put together": [0, 2],
  "a worker is killed while it may have one of two requests that are put together": [1, 3],
  "a worker dies at any step, unasked, while it hands the search on, and a peer is busy": [0, 2],
  "a worker is killed, and what it had is put again": [2, "all"],
  // It has too many states for every test run.
  "two of three workers die at any steps, three requests": ["random", 0],
};

/** Every configuration, and how far it is explored. */
export const PLAN: readonly Planned[] = [
  REQUESTS,
  TOGETHER,
  SLEEPING,
  RESULTS,
  MESSAGES,
  OFFERS,
  ITEM_CURSOR,
  WORKER_WORDS,
  BOARD,
  HELPERS,
  DEATHS,
]
  .flat()
  .map((configuration) => {
    const [inTests, inLong] = LIMITED[configuration.name] ?? ["all", "all"];
    return { configuration, inTests, inLong };
  });

/** Explores a configuration to a depth. */
export function explore(play: Play, depth: Depth, mostStates: number = Infinity): Exploration {
  return typeof depth === "number"
    ? exploreBounded(play, { preemptions: depth, mostStates })
    : exploreAll(play, { hasEagerPlain: depth === "atomics", mostStates });
}

/** A depth as a table names it. */
export function depthInWords(depth: Depth): string {
  if (depth === "all") return "all";
  return depth === "atomics" ? "all, of atomics" : `${depth} preemptions`;
}
