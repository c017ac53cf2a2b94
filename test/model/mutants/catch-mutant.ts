import { story } from "../shipped/explore/story.ts";
import { QueueCode } from "../shipped/machine/load-queue.ts";
import type { Mutation } from "../shipped/machine/load-queue.ts";
import { PLAN, depthInWords, explore } from "../shipped/plan.ts";
import { Play, messageOf } from "../shipped/scenes/world.ts";

/** What noticed a mutation. */
export interface Catch {
  readonly configuration: string;
  readonly depth: string;
  /** What it said. */
  readonly message: string;
  /** How many operations come before that. */
  readonly steps: number;
  readonly story: string;
}

/** A mutant may make no progress; what the unchanged queue takes is far below this. */
const MOST_STATES = 250_000;

/** Explores what the tests explore until something goes wrong. Returns undefined when nothing does. */
export async function catchMutant(mutation: Mutation): Promise<Catch | undefined> {
  const code = await QueueCode.load(mutation);
  for (const { configuration, inTests } of PLAN) {
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
