/**
 * Breadth-first search through all states of a model. The first violation that it finds has a shortest path, and the
 * path is kept.
 */
import { Packing } from "./fields.ts";
import type { Model, Move, Violation } from "./model.ts";
import { NumberList } from "./number-list.ts";
import { StateSet } from "./state-set.ts";

export interface Limits {
  /** Gives up after so many states. */
  readonly states?: number;
  /** Gives up after so many milliseconds. */
  readonly ms?: number;
  /** Keeps no transitions. This takes half the memory, but no cycles can be looked for. */
  readonly statesOnly?: boolean;
}

/** Every state and every transition that was found. */
export interface Graph {
  readonly states: StateSet;
  readonly packing: Packing;
  /** By state: the state from which it was first reached; -1 for the initial one. */
  readonly parents: NumberList;
  /** By state: where its transitions begin in `targets` and `moves`; one more at the end. */
  readonly firstEdge: NumberList;
  readonly targets: NumberList;
  readonly moves: NumberList;
}

export interface Exploration {
  readonly graph: Graph;
  readonly states: number;
  readonly transitions: number;
  /** How many steps the farthest state is away. */
  readonly depth: number;
  readonly ms: number;
  /** Whether every reachable state was seen. */
  readonly isComplete: boolean;
  readonly violation?: Violation & { readonly path: readonly number[] };
}

const NONE = -1;
const STATES_PER_CLOCK_READ = 4096;

/** Explores all states of a model, or as many as the limits allow. */
export function explore(model: Model, limits: Limits = {}): Exploration {
  return new Search(model, limits).run();
}

class Search {
  readonly #model: Model;
  readonly #mostStates: number;
  readonly #mostMs: number;
  readonly #startedMs = performance.now();
  readonly #graph: Graph;
  readonly #packed: Int32Array;
  readonly #depths = new NumberList();
  readonly #keepsEdges: boolean;
  #transitions = 0;

  constructor(model: Model, { states = Infinity, ms = Infinity, statesOnly = false }: Limits) {
    this.#model = model;
    this.#keepsEdges = !statesOnly;
    this.#mostStates = states;
    this.#mostMs = ms;
    const packing = new Packing(model.layout);
    this.#packed = new Int32Array(packing.words);
    this.#graph = {
      states: new StateSet(packing.words),
      packing,
      parents: new NumberList(),
      firstEdge: new NumberList(),
      targets: new NumberList(),
      moves: new NumberList(),
    };
  }

  run(): Exploration {
    const { states, firstEdge, targets } = this.#graph;
    this.#model.begin();
    this.#arrive(NONE, 0);
    for (let index = 0; index < states.size; index++) {
      const violation = this.#expand(index);
      if (violation !== undefined) return this.#outcome(false, violation);
      if (this.#isOverLimit(index)) return this.#outcome(false);
    }
    firstEdge.push(targets.length);
    return this.#outcome(true);
  }

  /** Makes every move from one state. */
  #expand(index: number): Exploration["violation"] {
    const { states, packing, firstEdge, targets, moves } = this.#graph;
    const model = this.#model;
    firstEdge.push(targets.length);
    packing.unpack(states.at(index), model.bytesBefore);
    model.bytes.set(model.bytesBefore);
    const depth = this.#depths.at(index) + 1;
    let hasStep = false;
    let hasCallable = false;
    for (let number = 0; number < model.moves.length; number++) {
      const move = model.moves[number] as Move;
      if (!move.make()) continue;
      if (move.kind === "step") hasStep = true;
      else if (move.kind === "callable") hasCallable = true;
      const before = states.size;
      const target = this.#arrive(index, depth);
      const violation =
        model.checkMove(move) ?? (target === before ? model.checkState() : undefined);
      this.#transitions += 1;
      if (this.#keepsEdges) {
        targets.push(target);
        moves.push(number);
      }
      if (violation !== undefined) return { ...violation, path: [...this.#pathTo(index), target] };
      model.bytes.set(model.bytesBefore);
    }
    if (hasStep) return undefined;
    const violation = model.checkQuiet(hasCallable);
    return violation === undefined ? undefined : { ...violation, path: this.#pathTo(index) };
  }

  #arrive(from: number, depth: number): number {
    const { states, packing, parents } = this.#graph;
    packing.pack(this.#model.bytes, this.#packed);
    const before = states.size;
    const index = states.add(this.#packed);
    if (index === before) {
      parents.push(from);
      this.#depths.push(depth);
    }
    return index;
  }

  #pathTo(index: number): number[] {
    return pathTo(this.#graph, index);
  }

  #isOverLimit(index: number): boolean {
    if (this.#graph.states.size > this.#mostStates) return true;
    return (
      index % STATES_PER_CLOCK_READ === 0 && performance.now() - this.#startedMs > this.#mostMs
    );
  }

  #outcome(isComplete: boolean, violation?: Exploration["violation"]): Exploration {
    return {
      graph: this.#graph,
      states: this.#graph.states.size,
      transitions: this.#transitions,
      depth: this.#depths.at(this.#depths.length - 1),
      ms: performance.now() - this.#startedMs,
      isComplete,
      ...(violation === undefined ? {} : { violation }),
    };
  }
}

/** The shortest path from the initial state to another, both included. */
export function pathTo({ parents }: Graph, index: number): number[] {
  const path: number[] = [];
  for (let at = index; at !== NONE; at = parents.at(at)) path.push(at);
  return path.reverse();
}
