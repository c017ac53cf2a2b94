/**
 * A proposal, not the protocol as it ships: a worker's gate covers everything that it does to words which others
 * see, and not its claims alone. It is OPEN while a callable runs and while the worker waits, so a parent that
 * shuts it in order to kill waits for a few steps more, and after that the dying thread changes nothing any more.
 *
 * The busy way has as many atomic operations as now: the gate is entered before a result is published, and left
 * after the next claim. Dismissal is not part of it; a dismissed worker still has to publish, so it would need a
 * state of its own beside SHUT.
 */
import type { Mutation } from "./model.ts";
import { RUNS } from "./worker.ts";
import { CLAIMING, OPEN, item } from "./world.ts";

export const WIDE_GATE: Mutation = {
  // A gate that is entered elsewhere is noticed elsewhere.
  isFine: true,
  worker: ({ slots, queue }, steps) => ({
    "enters its gate": (me) => {
      const slot = item(slots, me.slot);
      if (slot.gate !== OPEN && slot.gate !== CLAIMING) return "is shut out";
      slot.gate = CLAIMING;
      return "reads head";
    },
    "reads head again": (me) => {
      if (queue.head !== me.head) return "reads head";
      me.head = 0;
      return "enters the spin set";
    },
    "moves head on": (me) => {
      const next = steps["moves head on"]?.(me);
      if (next !== "leaves its gate") return next;
      me.head = 0;
      me.sawNothing = 0;
      return me.isSearching === 1 ? "leaves the sets" : "leaves its gate";
    },
    ...leavesToRun(steps, [
      "leaves the sets",
      "looks for spinners",
      "looks for more: reads head again",
      "reads the sleep sets, to hand the search on",
      "moves an idle worker to the spin set, to hand the search on",
      "notifies that worker, to hand the search on",
    ]),
    "leaves its gate": (me) => {
      item(slots, me.slot).gate = OPEN;
      return RUNS;
    },
    "writes the frame": (me) => {
      steps["writes the frame"]?.(me);
      return "enters its gate, to publish";
    },
    "enters its gate, to publish": (me) => {
      const slot = item(slots, me.slot);
      if (slot.gate !== OPEN) return "is shut out";
      slot.gate = CLAIMING;
      return "publishes the frame";
    },
    "spins: looks at its gate": () => "reads its park counter",
    // A gate that is shut after this comes with an unpark, which the wait below does not miss.
    "second look: looks at its gate": (me) => {
      item(slots, me.slot).gate = OPEN;
      me.sawNothing = 0;
      return "waits for work";
    },
    "is shut out": () => undefined,
  }),
};

type WorkerSteps = Parameters<NonNullable<Mutation["worker"]>>[1];

/** The same steps; where the callable would come next, the gate is left first. */
function leavesToRun(steps: WorkerSteps, names: readonly string[]): WorkerSteps {
  return Object.fromEntries(
    names.map((name) => [
      name,
      (me) => {
        const next = steps[name]?.(me);
        return next === RUNS ? "leaves its gate" : next;
      },
    ]),
  );
}
