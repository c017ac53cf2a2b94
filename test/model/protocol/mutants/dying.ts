/** Mutants of death, dismissal and recovery. */
import { configuration } from "../configuration.ts";
import { release } from "../settling.ts";
import { IS_SHUT_OUT, enter, leave, slotOf } from "../gate.ts";
import { wakeOneSteps, wakeParentSteps } from "../waking.ts";
import { RUNS } from "../worker.ts";
import { DISMISSED, ENDED, OPEN, SHUT, item } from "../world.ts";
import type { Parent } from "../world.ts";
import { original, thenGoTo } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

export const DYING_MUTANTS: readonly Mutant[] = [
  {
    name: "a dead worker's tasks are looked at before its results are read",
    breaks: "I7",
    config: configuration("", { workers: 1, requests: 1, exits: 1 }),
    mutation: {
      parent: ({ workers }, steps) => ({
        "reads the tail of a ring": (me) => {
          const worker = item(workers, me.worker);
          const { tail } = worker;
          // The ring of a worker that has ended looks empty until its tasks are settled.
          if ((me.ended & (1 << me.worker)) !== 0) worker.tail = worker.read;
          const next = original(steps, "reads the tail of a ring")(me);
          worker.tail = tail;
          return next;
        },
      }),
    },
  },
  {
    name: "no worker is woken after a death",
    breaks: "I6",
    config: configuration("", { requests: 2, crashes: 1 }),
    mutation: {
      parent: (_, steps) => thenGoTo(steps, "clears the worker's bits", "adds to the epoch"),
    },
  },
  {
    // The dead worker was dismissed, so it has no successor, which would find the work by itself.
    name: "one idle worker is woken after a death, not all",
    breaks: "I6",
    config: configuration("", { requests: 2, crashes: 1, dismissals: 1 }),
    mutation: {
      parent: (world, steps) => ({
        ...thenGoTo(steps, "clears the worker's bits", "reads the sleep sets, after a death"),
        ...wakeOneSteps<Parent>(world, () => "adds to the epoch", ", after a death"),
      }),
    },
  },
  {
    name: "the bits of a dead worker stay",
    breaks: "I7",
    config: configuration("", { workers: 1, requests: 1, crashes: 1 }),
    mutation: {
      parent: ({ queue }, steps) => ({
        "clears the worker's bits": (me) => {
          const { idle, spin } = queue;
          const next = original(steps, "clears the worker's bits")(me);
          queue.idle = idle;
          queue.spin = spin;
          return next;
        },
      }),
    },
  },
  {
    name: "the epoch is not bumped after a death",
    breaks: "I6",
    config: configuration("", { workers: 1, requests: 2, crashes: 1 }),
    mutation: {
      parent: ({ parent }, steps) => ({
        "adds to the epoch": () => "notifies the parent",
        "notifies the parent": (me) => {
          const { promise, waiter } = parent;
          const next = original(steps, "notifies the parent")(me);
          parent.promise = promise;
          parent.waiter = waiter;
          return next;
        },
      }),
    },
  },
  {
    name: "a gate is shut while the worker is at the queue",
    breaks: "I7",
    config: configuration("", { requests: 1, kills: 1 }),
    mutation: {
      parent: ({ slots, workers }, steps) => ({
        "shuts the gate": (me) => {
          item(slots, item(workers, me.worker).slot).gate = SHUT;
          return original(steps, "shuts the gate")(me);
        },
      }),
      ignores: ["I10"],
    },
  },
  {
    name: "the tasks of a killed worker are used again before its thread is gone",
    breaks: "I4",
    config: configuration("", { workers: 1, requests: 1, kills: 1 }),
    mutation: {
      parent: (world, steps) => ({
        "settles what the worker held": (me) => {
          const next = original(steps, "settles what the worker held")(me);
          const { held } = item(world.workers, me.worker);
          for (const task of world.tasks.keys())
            if ((held & (1 << task)) !== 0) release(world, task);
          return next;
        },
      }),
    },
  },
  {
    name: "the gate is left before the parent is woken",
    breaks: "I6",
    config: configuration("", { workers: 1, slots: 2, kills: 1, parent: "blocks" }),
    mutation: {
      worker: (world, steps) => ({
        "publishes the frame": (me) => {
          const next = original(steps, "publishes the frame")(me);
          return next === undefined ? undefined : "leaves its gate, too early";
        },
        "leaves its gate, too early": (me) =>
          leave(slotOf(world, me), "looks whether the parent is armed"),
        ...wakeParentSteps(world, () => "enters its gate"),
      }),
      ignores: ["I10"],
    },
  },
  {
    name: "a killed worker publishes what it has",
    breaks: "I10",
    config: configuration("", { workers: 1, requests: 1, kills: 1 }),
    mutation: {
      worker: (world) => ({
        "enters its gate, to publish": (me) => {
          const slot = slotOf(world, me);
          if (slot.gate !== SHUT) return enter(slot, "publishes the frame");
          return "publishes the frame";
        },
      }),
    },
  },
  {
    name: "a killed worker announces its end",
    breaks: "I10",
    config: configuration("", { requests: 1, kills: 1, dismissals: 1 }),
    mutation: {
      worker: (world) => ({
        "announces its end": (me) => {
          slotOf(world, me).gate = ENDED;
          return "counts its end";
        },
      }),
    },
  },
  {
    name: "a worker that leaves opens a gate that is to be shut",
    breaks: "I10",
    config: configuration("", { requests: 1, kills: 1 }),
    mutation: {
      worker: (world, steps) => ({
        "leaves its gate, to run": (me) => {
          original(steps, "leaves its gate, to run")(me);
          if (slotOf(world, me).gate === SHUT) slotOf(world, me).gate = OPEN;
          return RUNS;
        },
      }),
    },
  },
  {
    name: "a dismissed worker is shut out of publishing",
    breaks: "I6",
    config: configuration("", { requests: 1, dismissals: 1 }),
    mutation: {
      worker: (world) => ({
        "enters its gate, to publish": (me) => {
          const slot = slotOf(world, me);
          return slot.gate === DISMISSED ? IS_SHUT_OUT : enter(slot, "publishes the frame");
        },
      }),
    },
  },
];
