/** All that the explorer finds out about one configuration of the protocol, or of a variation of it. */
import type { Configuration } from "./configuration.ts";
import { runEachAlone } from "./explorer/alone.ts";
import { explore } from "./explorer/explore.ts";
import type { Exploration, Limits } from "./explorer/explore.ts";
import { findFairCycle } from "./explorer/liveness.ts";
import type { Model } from "./explorer/model.ts";
import { storyOf } from "./explorer/story.ts";
import { ProtocolModel } from "./model.ts";
import type { Mutation } from "./model.ts";

export interface Verdict {
  readonly exploration: Exploration;
  /** The most steps that a worker takes alone until it rests; undefined when that was not looked for. */
  readonly mostStepsAlone?: number;
  /** The invariant that does not hold, what was seen, and the way there. */
  readonly broken?: {
    readonly invariant: string;
    readonly what: string;
    readonly story: readonly string[];
  };
}

/**
 * Explores all states, then lets each worker run alone from each state, then looks for fair cycles without progress.
 */
export function verify(
  config: Configuration,
  mutation: Mutation = {},
  limits: Limits = {},
): Verdict {
  return verifyModel(new ProtocolModel(config, mutation), limits);
}

/** The same for any model. */
export function verifyModel(
  model: Model & { readonly workerThreads: readonly number[] },
  limits: Limits = {},
): Verdict {
  const exploration = explore(model, limits);
  const { graph, isComplete } = exploration;
  let found = exploration.violation;
  let mostStepsAlone: number | undefined;
  if (found === undefined && isComplete && limits.statesOnly !== true) {
    const alone = runEachAlone(model, graph, model.workerThreads);
    mostStepsAlone = alone.mostSteps;
    found = alone.violation ?? findFairCycle(model, graph);
  }
  return {
    exploration,
    ...(mostStepsAlone === undefined ? {} : { mostStepsAlone }),
    ...(found === undefined
      ? {}
      : {
          broken: {
            invariant: found.invariant,
            what: found.what,
            story: storyOf(model, graph, found.path),
          },
        }),
  };
}
