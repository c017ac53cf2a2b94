/** Mutants of put, claim and the result ring. */
import { configuration } from "../configuration.ts";
import { generationOf, lapOf, nextFrame, nextPosition } from "../counters.ts";
import { FINDS_NOTHING, entryAt } from "../ready-ring.ts";
import { frameAt, isFull } from "../result-ring.ts";
import { CLAIMED, FREE, READY, item } from "../world.ts";
import { original, thenGoTo } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

export const CLAIMING_MUTANTS: readonly Mutant[] = [
  {
    // Vyukov's bounded queue: a worker that dies between its two steps leaves a request without an owner.
    name: "the claim is the CAS on head, the owner is written after it",
    breaks: "I6",
    config: configuration("", { requests: 1, crashes: 1 }),
    mutation: {
      ignores: ["I2"],
      worker: ({ queue, tasks }) => ({
        "claims the task": (me) => {
          if (queue.head !== me.head) return "reads head";
          queue.head = nextPosition(me.head);
          return "writes its name on the task";
        },
        "writes its name on the task": (me) => {
          const task = item(tasks, me.task);
          task.tag = CLAIMED;
          task.owner = me.slot;
          me.holds = 1;
          return me.isSearching === 1 ? "leaves the sets" : "leaves its gate, to run";
        },
      }),
    },
  },
  {
    name: "only the winner of a claim moves head on",
    breaks: "I8",
    config: configuration("", { requests: 2 }),
    mutation: {
      worker: (_, steps) => ({
        "moves head on": (me) => {
          if (me.holds === 1) return original(steps, "moves head on")(me);
          me.task = 0;
          return "reads head";
        },
      }),
    },
  },
  {
    name: "a claim expects READY, of whatever position",
    breaks: "I9",
    config: configuration("", { requests: 3, workersBegin: "starting" }),
    mutation: {
      worker: ({ tasks }) => ({
        "claims the task": (me) => {
          const task = item(tasks, me.task);
          if (task.tag === READY) {
            task.tag = CLAIMED;
            task.owner = me.slot;
            me.holds = 1;
          }
          return "moves head on";
        },
      }),
    },
  },
  {
    name: "an entry of an earlier lap is taken for a new one",
    breaks: "I5",
    config: configuration("", { requests: 3, tasks: 1, workers: 1 }),
    mutation: {
      worker: (world, steps) => ({
        "reads the entry": (me) => {
          const entry = entryAt(world, me.head);
          if (entry.lap === 0) return original(steps, "reads the entry")(me);
          me.task = entry.task;
          return "claims the task";
        },
      }),
    },
  },
  {
    name: "a claim calls the ring empty without a second look at head",
    breaks: "I9",
    config: configuration("", { requests: 3, tasks: 1, workersBegin: "starting" }),
    mutation: {
      worker: (_, steps) => ({
        "reads the entry": (me) =>
          original(steps, "reads the entry")(me) === "claims the task"
            ? "claims the task"
            : FINDS_NOTHING,
      }),
    },
  },
  {
    name: "the entry is published before the task says READY",
    breaks: "I2",
    config: configuration("", { workers: 1 }),
    mutation: {
      parent: (world, steps) => ({
        "stores the task, READY": (me) => {
          const next = original(steps, "stores the task, READY")(me);
          const task = item(world.tasks, me.task);
          task.tag = FREE;
          task.generation = 0;
          task.isInUse = 0;
          const entry = entryAt(world, me.tail);
          entry.lap = lapOf(world, me.tail);
          entry.task = me.task;
          me.tail = nextPosition(me.tail);
          return next;
        },
        "stores the entry": (me) => {
          const task = item(world.tasks, me.task);
          task.tag = READY;
          task.generation = generationOf(task.position);
          task.isInUse = 1;
          me.first += 1;
          me.task = 0;
          return "reads the sleep sets";
        },
      }),
    },
  },
  {
    name: "a frame is written without a look for space",
    breaks: "I5",
    config: configuration("", { workers: 1 }),
    mutation: { worker: () => ({ "looks for space": () => "writes the frame" }) },
  },
  {
    name: "the tail is published before the frame is written",
    breaks: "I4",
    config: configuration("", { workers: 1, requests: 1 }),
    mutation: {
      isFine: true,
      worker: (world) => ({
        "looks for space": (me) =>
          isFull(world, me) ? "reads its park counter, for space" : "enters its gate, to publish",
        "publishes the frame": (me) => {
          me.tail = nextFrame(me.tail);
          return "writes the frame, late";
        },
        "writes the frame, late": (me) => {
          const frame = frameAt(world, me, me.tail + 3);
          frame.task = me.task;
          frame.generation = item(world.tasks, me.task).generation;
          frame.value = me.value;
          me.holds = 0;
          me.task = 0;
          me.value = 0;
          return "looks whether the parent is armed";
        },
      }),
    },
  },
  {
    name: "a worker says that it wants space after its second look",
    breaks: "I6",
    config: configuration("", { workers: 1 }),
    mutation: {
      worker: (_, steps) => ({
        "reads its park counter, for space": (me) => {
          original(steps, "reads its park counter, for space")(me);
          return "looks for space again";
        },
        "looks for space again": (me) =>
          original(steps, "looks for space again")(me) === "writes the frame"
            ? "writes the frame"
            : "enters its gate, to want space",
        ...thenGoTo(steps, "leaves its gate, to look for space", "waits for space"),
      }),
    },
  },
  {
    name: "the parent looks for the wish for space before it gives space",
    breaks: "I6",
    config: configuration("", { workers: 1 }),
    mutation: {
      parent: ({ workers }, steps) => ({
        "gives the space back": (me) => {
          const worker = item(workers, me.worker);
          if (worker.wanted === 0) return "gives the space back, unasked";
          worker.wanted = 0;
          return "gives the space back, asked";
        },
        "gives the space back, asked": (me) => {
          original(steps, "gives the space back")(me);
          return "adds to the park counter, there is space";
        },
        "gives the space back, unasked": (me) => {
          original(steps, "gives the space back")(me);
          const worker = item(workers, me.worker);
          const { wanted } = worker;
          worker.wanted = 0;
          const next = original(steps, "looks whether the worker wants space")(me);
          worker.wanted = wanted;
          return next;
        },
      }),
    },
  },
];
