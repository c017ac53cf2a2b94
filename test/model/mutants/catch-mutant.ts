import { story } from "../shipped/explore/story.ts";
import { QueueCode } from "../shipped/machine/load-queue.ts";
import type { Mutation } from "../shipped/machine/load-queue.ts";
import { DEATHS } from "../shipped/configurations/death.ts";
import { BOARD } from "../shipped/configurations/board.ts";
import { HELPERS } from "../shipped/configurations/helpers.ts";
import { ITEM_CURSOR } from "../shipped/configurations/item-cursor.ts";
import { MESSAGES } from "../shipped/configurations/messages.ts";
import { OFFERS } from "../shipped/configurations/offers.ts";
import { RESULTS } from "../shipped/configurations/results.ts";
import { SLEEPING } from "../shipped/configurations/sleeping.ts";
import { REQUESTS } from "../shipped/configurations/requests.ts";
import { TOGETHER } from "../shipped/configurations/together.ts";
import { WORKER_WORDS } from "../shipped/configurations/worker-words.ts";
import { PLAN, depthInWords, explore } from "../shipped/plan.ts";
import type { Planned } from "../shipped/plan.ts";
import { Play, messageOf } from "../shipped/scenes/world.ts";
import type { Configuration } from "../shipped/scenes/world.ts";

/** The exploration that has noticed a mutation. */
export interface Catch {
  readonly configuration: string;
  readonly depth: string;
  /** What it said was wrong. */
  readonly message: string;
  /** How many operations come before the failure. */
  readonly steps: number;
  /** The failure, step by step. */
  readonly story: string;
}

/** After so many states a configuration is given up, because a mutant may make it endless. */
const MOST_STATES = 250_000;

/**
 * Explores with a mutation what the tests explore, until something goes wrong. What concerns the mutated file comes
 * first.
 *
 * @returns undefined when nothing goes wrong
 */
export async function catchMutant(mutation: Mutation): Promise<Catch | undefined> {
  const code = await QueueCode.load(mutation);
  for (const { configuration, inTests } of inOrderFor(mutation.file)) {
    if (inTests === "random") continue;
    const found = { configuration: configuration.name, depth: depthInWords(inTests) };
    let play: Play;
    try {
      play = new Play(code, configuration);
    } catch (error) {
      const message = messageOf(error);
      return { ...found, message, steps: 0, story: message };
    }
    const { failure } = explore(play, inTests, MOST_STATES);
    if (failure === undefined) continue;
    const { message, schedule } = failure;
    return { ...found, message, steps: schedule.length, story: story(play, failure) };
  }
  return undefined;
}

/** By file: the configurations that concern it most. */
const FIRST: Readonly<Record<string, readonly Configuration[]>> = {
  "request-ring.ts": [...REQUESTS, ...TOGETHER],
  "gate.ts": SLEEPING,
  "parker.ts": SLEEPING,
  "wait-strategy.ts": SLEEPING,
  "offers.ts": OFFERS,
  "result-ring.ts": RESULTS,
  "layout.ts": DEATHS,
  "burial.ts": [...DEATHS, ...BOARD, ...HELPERS],
  "park-until.ts": [...RESULTS, ...MESSAGES],
  "item-cursor.ts": ITEM_CURSOR,
  "board.ts": [...BOARD, ...HELPERS],
  "board-taker.ts": [...BOARD, ...HELPERS],
  "board-buffers.ts": HELPERS,
  "board-cell.ts": BOARD,
  "board-figures.ts": HELPERS,
  "helpers.ts": HELPERS,
  "bit-sets.ts": [...HELPERS, ...BOARD],
  "worker-words.ts": [...WORKER_WORDS, ...MESSAGES],
};

function inOrderFor(file: string): readonly Planned[] {
  const first = FIRST[file] ?? [];
  const isFirst = ({ configuration }: Planned): boolean => first.includes(configuration);
  return [...PLAN.filter(isFirst), ...PLAN.filter((planned) => !isFirst(planned))];
}
