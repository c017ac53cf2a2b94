/**
 * What must happen at some time, on the graph of all states.
 *
 * Fairness is weak and by thread: a thread that can always take a step, from some moment on, takes one sooner or later.
 * Nothing is assumed of choices. A run that never settles what is unsettled stays, from some moment on, within one
 * strongly connected component of the steps. It is fair if each thread takes a step there, or cannot take one in some
 * state that the run visits again and again.
 */
import { pathTo } from "./explore.ts";
import type { Graph } from "./explore.ts";
import type { Model, Violation } from "./model.ts";
import { NumberList } from "./number-list.ts";

type Found = Violation & { readonly path: readonly number[] };

/** Looks for a cycle of fair steps in which something stays unsettled. */
export function findFairCycle(model: Model, graph: Graph): Found | undefined {
  const component = new Components(model, graph);
  for (let members = component.next(); members !== undefined; members = component.next()) {
    if (!component.isCycle(members) || !isUnsettled(model, graph, members[0] as number)) continue;
    if (isFair(model, graph, members)) {
      return {
        invariant: "I6",
        what: `threads take steps for ever and settle nothing: states=${members.length}`,
        path: pathTo(graph, Math.min(...members)),
      };
    }
  }
  return undefined;
}

function isUnsettled(model: Model, { states, packing }: Graph, index: number): boolean {
  packing.unpack(states.at(index), model.bytes);
  return model.isUnsettled();
}

/** Whether a run that stays among these states for ever can be fair to every thread. */
function isFair(model: Model, graph: Graph, members: readonly number[]): boolean {
  const within = new Set(members);
  const threads = new Set(model.moves.map((move) => move.thread));
  for (const thread of threads) {
    let steps = false;
    let isHeldUp = false;
    for (const index of members) {
      let canStep = false;
      forEachStep(model, graph, index, (target, by) => {
        if (by !== thread) return;
        canStep = true;
        if (within.has(target)) steps = true;
      });
      if (!canStep) isHeldUp = true;
    }
    if (!steps && !isHeldUp) return false;
  }
  return true;
}

function forEachStep(
  model: Model,
  { firstEdge, targets, moves }: Graph,
  index: number,
  visit: (target: number, thread: number) => void,
): void {
  for (let edge = firstEdge.at(index); edge < firstEdge.at(index + 1); edge++) {
    const move = model.moves[moves.at(edge)];
    if (move !== undefined && move.kind !== "choice") visit(targets.at(edge), move.thread);
  }
}

/** Strongly connected components of the graph without choices, one after the other (Tarjan, without recursion). */
class Components {
  readonly #model: Model;
  readonly #graph: Graph;
  readonly #order: Int32Array;
  readonly #lowest: Int32Array;
  readonly #isOpen: Uint8Array;
  readonly #open = new NumberList();
  /** The path of the search. */
  readonly #path = new NumberList();
  /** The next transition of each state of the path. */
  readonly #edges = new NumberList();
  #seen = 0;
  #root = 0;

  constructor(model: Model, graph: Graph) {
    this.#model = model;
    this.#graph = graph;
    this.#order = new Int32Array(graph.states.size);
    this.#lowest = new Int32Array(graph.states.size);
    this.#isOpen = new Uint8Array(graph.states.size);
  }

  /** The next component, undefined when there is none. */
  next(): number[] | undefined {
    for (;;) {
      if (this.#path.length === 0) {
        while (this.#root < this.#order.length && this.#order[this.#root] !== 0) this.#root += 1;
        if (this.#root === this.#order.length) return undefined;
        this.#enter(this.#root);
      }
      const component = this.#step();
      if (component !== undefined) return component;
    }
  }

  /** Whether a step leads from one of these states to one of them. */
  isCycle(members: readonly number[]): boolean {
    if (members.length > 1) return true;
    const index = members[0] as number;
    let isLoop = false;
    forEachStep(this.#model, this.#graph, index, (target) => {
      if (target === index) isLoop = true;
    });
    return isLoop;
  }

  #enter(index: number): void {
    this.#seen += 1;
    this.#order[index] = this.#seen;
    this.#lowest[index] = this.#seen;
    this.#isOpen[index] = 1;
    this.#open.push(index);
    this.#path.push(index);
    this.#edges.push(this.#graph.firstEdge.at(index));
  }

  /**
   * Follows one transition of the last state of the path, or leaves that state. Returns the component that this
   * completes.
   */
  #step(): number[] | undefined {
    const { firstEdge, targets, moves } = this.#graph;
    const index = this.#path.at(this.#path.length - 1);
    const edge = this.#edges.pop();
    if (edge < firstEdge.at(index + 1)) {
      this.#edges.push(edge + 1);
      if (this.#model.moves[moves.at(edge)]?.kind === "choice") return undefined;
      const target = targets.at(edge);
      if (this.#order[target] === 0) this.#enter(target);
      else if (this.#isOpen[target] === 1) this.#lower(index, this.#order[target] as number);
      return undefined;
    }
    this.#path.pop();
    if (this.#path.length > 0)
      this.#lower(this.#path.at(this.#path.length - 1), this.#lowest[index] as number);
    return this.#lowest[index] === this.#order[index] ? this.#close(index) : undefined;
  }

  #lower(index: number, order: number): void {
    if (order < (this.#lowest[index] as number)) this.#lowest[index] = order;
  }

  #close(root: number): number[] {
    const members: number[] = [];
    for (;;) {
      const index = this.#open.pop();
      this.#isOpen[index] = 0;
      members.push(index);
      if (index === root) return members;
    }
  }
}
