/**
 * Lock-freedom in its simplest form: from every state, a thread that runs alone comes in a bounded number of steps to
 * the end of its operation, or to a step where it waits for another thread.
 */
import { pathTo } from "./explore.ts";
import type { Graph } from "./explore.ts";
import type { Model, Violation } from "./model.ts";

export interface AloneReport {
  /** The most steps that any thread takes alone, from any state. */
  readonly mostSteps: number;
  readonly violation?: Violation & { readonly path: readonly number[] };
}

const UNKNOWN = 0;
const ON_THE_WAY = -1;

/** @param threads the threads whose operations must end */
export function runEachAlone(model: Model, graph: Graph, threads: readonly number[]): AloneReport {
  let mostSteps = 0;
  for (const thread of threads) {
    const outcome = runAlone(model, graph, thread);
    if (typeof outcome !== "number") return { mostSteps, violation: outcome };
    mostSteps = Math.max(mostSteps, outcome);
  }
  return { mostSteps };
}

/** Returns the most steps, or the violation. The steps from each state are counted once. */
function runAlone(
  model: Model,
  graph: Graph,
  thread: number,
): number | NonNullable<AloneReport["violation"]> {
  /** Steps to rest + 1. */
  const known = new Int32Array(graph.states.size);
  let most = 1;
  for (let start = 0; start < graph.states.size; start++) {
    const way: number[] = [];
    let index: number | undefined = start;
    while (index !== undefined && known[index] === UNKNOWN) {
      known[index] = ON_THE_WAY;
      way.push(index);
      index = stepAlone(model, graph, thread, index);
    }
    if (index !== undefined && known[index] === ON_THE_WAY) {
      return {
        invariant: "I8",
        what: `a thread alone goes round in circles: thread=${thread}`,
        path: pathTo(graph, index),
      };
    }
    let steps = index === undefined ? 0 : (known[index] as number);
    for (const passed of way.reverse()) {
      steps += 1;
      known[passed] = steps;
    }
    most = Math.max(most, steps);
  }
  return most - 1;
}

/** The state after the thread's next step, undefined when the thread rests. */
function stepAlone(model: Model, graph: Graph, thread: number, index: number): number | undefined {
  const { states, packing, firstEdge, targets, moves } = graph;
  packing.unpack(states.at(index), model.bytes);
  if (model.isAtRest(thread)) return undefined;
  for (let edge = firstEdge.at(index); edge < firstEdge.at(index + 1); edge++) {
    const move = model.moves[moves.at(edge)];
    if (move?.thread === thread && move.kind === "step") return targets.at(edge);
  }
  return undefined;
}
