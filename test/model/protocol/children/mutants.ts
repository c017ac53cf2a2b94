/** Deliberate errors in the protocol of children that the explorer must notice. */
import { original, thenGoTo } from "../mutants/mutant.ts";
import { NO_READING, SHUT } from "../world.ts";
import { tree } from "./configurations.ts";
import type { ChildrenMutation } from "./model.ts";
import { DONE, HERE, ORPHANED, TAKEN, childAt, framesOf } from "./world.ts";
import type { ChildWorker, ChildrenConfiguration } from "./world.ts";

export interface ChildrenMutant {
  readonly name: string;
  /** The invariant that it breaks. */
  readonly breaks: string;
  /** A configuration in which the error shows. */
  readonly config: ChildrenConfiguration;
  readonly mutation: ChildrenMutation;
}

export const CHILDREN_MUTANTS: readonly ChildrenMutant[] = [
  {
    name: "children: an offer does not change the version",
    breaks: "C3",
    config: tree(""),
    mutation: {
      worker: () => ({ "adds to the version": () => "reads the sleep sets, after an offer" }),
    },
  },
  {
    name: "children: an offer wakes no worker without a request",
    breaks: "C3",
    config: tree(""),
    mutation: {
      worker: () => ({
        "reads the sleep sets, after an offer": () => "looks for a helper, after an offer",
      }),
    },
  },
  {
    name: "children: an offer wakes no helper",
    breaks: "C3",
    config: tree("", { parents: [0, 1, 1] }),
    mutation: {
      worker: () => ({
        "looks for a helper, after an offer": () => "leaves its gate, after an offer",
      }),
    },
  },
  {
    name: "children: a worker parks without a second look",
    breaks: "C3",
    config: tree("", { parents: [0, 0, 0] }),
    mutation: {
      worker: (_, steps) => thenGoTo(steps, "enters the idle set", "leaves its gate, to sleep"),
    },
  },
  {
    name: "children: a helper parks without a second look",
    breaks: "C3",
    config: tree("", { parents: [0, 1] }),
    mutation: {
      worker: (_, steps) => thenGoTo(steps, "leaves its gate, as a helper", "waits, as a helper"),
    },
  },
  {
    name: "children: a helper reads its park counter after it has looked",
    breaks: "C3",
    config: tree("", { parents: [0, 1] }),
    mutation: {
      worker: (_, steps) => ({
        "reads its park counter, to help": () => "enters its gate, to be a helper",
        "waits, as a helper": (me) => {
          me.park = NO_READING;
          original(steps, "reads its park counter, to help")(me);
          return original(steps, "waits, as a helper")(me);
        },
      }),
    },
  },
  {
    name: "children: an outcome wakes nobody",
    breaks: "C3",
    config: tree("", { parents: [0] }),
    mutation: {
      worker: (_, steps) => ({
        "sends the outcome": (me) => {
          original(steps, "sends the outcome")(me);
          me.target = 0;
          return "leaves its gate, after the end";
        },
      }),
    },
  },
  {
    name: "children: the owner is woken before the outcome is there",
    breaks: "C3",
    config: tree("", { parents: [0] }),
    mutation: {
      worker: (world, steps) => ({
        "sends the outcome": (me) => {
          const child = childAt(world, framesOf(me).at(-1) as number);
          if (child.state !== TAKEN) return original(steps, "sends the outcome")(me);
          me.target = child.owner;
          return "adds to the park counter of the owner";
        },
        "notifies the owner": (me) => {
          original(steps, "notifies the owner")(me);
          return "sends it late";
        },
        "sends it late": (me) => {
          const child = childAt(world, framesOf(me).at(-1) as number);
          if (child.state === TAKEN) child.state = DONE;
          return "leaves its gate, after the end";
        },
      }),
    },
  },
  {
    name: "children: the CAS of a take is a store",
    breaks: "C1",
    config: tree("", { parents: [0] }),
    mutation: {
      worker: (world) => ({
        "takes the child, to run it": (me: ChildWorker) => {
          const child = childAt(world, me.found);
          child.state = TAKEN;
          child.taker = world.workers.indexOf(me);
          return "leaves the sets";
        },
      }),
    },
  },
  {
    name: "children: the CAS of a take back is a store",
    breaks: "C1",
    config: tree("", { parents: [0] }),
    mutation: {
      worker: (world) => ({
        "takes its offer back": (me: ChildWorker) => {
          childAt(world, me.found).state = HERE;
          return "leaves its gate, after the take back";
        },
      }),
    },
  },
  {
    name: "children: what a dead worker had taken stays taken",
    breaks: "C3",
    config: tree("", { parents: [0], kills: 1 }),
    mutation: {
      parent: ({ children }, steps) => ({
        "moves a cell on": (me) => {
          const child = children[me.child];
          const isTaker = child?.state === TAKEN && child.taker === me.worker;
          const next = original(steps, "moves a cell on")(me);
          if (isTaker && child !== undefined) child.state = TAKEN;
          return next;
        },
      }),
    },
  },
  {
    name: "children: what a dead owner has offered stays on the board as an orphan",
    breaks: "C2",
    config: tree("", { parents: [0], kills: 1 }),
    mutation: {
      parent: ({ children }, steps) => ({
        "moves a cell on": (me) => {
          const child = children[me.child];
          const isLost = child?.state === DONE && child.owner === me.worker;
          const next = original(steps, "moves a cell on")(me);
          if (isLost && child !== undefined) child.state = ORPHANED;
          return next;
        },
      }),
    },
  },
  {
    name: "children: no worker is woken after a death",
    breaks: "C3",
    config: tree("", { parents: [0], kills: 1 }),
    mutation: {
      parent: (_, steps) => ({
        "adds to the park counter of one of all": () => "notifies one of all",
        "notifies one of all": (me) => {
          me.other += 1;
          me.worker = 0;
          me.other = 0;
          void steps;
          return "has nothing to do";
        },
      }),
    },
  },
  {
    name: "children: a gate is shut while the worker is at the queue",
    breaks: "C4",
    config: tree("", { parents: [0], kills: 1 }),
    mutation: {
      parent: ({ workers }, steps) => ({
        "shuts the gate": (me) => {
          const worker = workers[me.worker];
          if (worker !== undefined) worker.gate = SHUT;
          return original(steps, "shuts the gate")(me);
        },
      }),
    },
  },
  {
    name: "children: an owner does not take back what nobody takes",
    breaks: "C3",
    config: tree("", { workers: 1, parents: [0] }),
    mutation: {
      worker: (_, steps) => ({
        "enters its gate, to take back": (me) => {
          me.found = 0;
          void steps;
          return "reads its park counter, to help";
        },
      }),
    },
  },
];
