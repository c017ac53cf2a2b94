/** Mutants of sleeping and waking. */
import { configuration } from "../configuration.ts";
import { AT_EVENT_LOOP } from "../parent-wait.ts";
import { wakeOneSteps } from "../waking.ts";
import { FRESH, FOR_RESULTS, NOT_ARMED, item } from "../world.ts";
import type { Parent } from "../world.ts";
import { original, thenGoTo } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

const LEAVES = "leaves its gate, to run";

export const SLEEPING_MUTANTS: readonly Mutant[] = [
  {
    name: "a worker parks without a second look",
    breaks: "I6",
    config: configuration("", { workers: 1, requests: 2 }),
    mutation: {
      worker: (_, steps) => thenGoTo(steps, "enters the idle set", "leaves its gate, to wait"),
    },
  },
  {
    name: "a put reads the sleep sets before it publishes",
    breaks: "I6",
    config: configuration("", { workers: 1, requests: 2 }),
    mutation: {
      parent: (world, steps) => ({
        ...thenGoTo(steps, "stores the task, READY", "reads the sleep sets"),
        ...wakeOneSteps<Parent>(world, () => "stores the entry"),
        ...thenGoTo(steps, "stores the entry", AT_EVENT_LOOP),
      }),
      ignores: ["I2"],
    },
  },
  {
    name: "the parent arms itself and does not look again",
    breaks: "I6",
    config: configuration("", { workers: 1, requests: 1 }),
    mutation: { parent: (_, steps) => thenGoTo(steps, "arms itself", "asks for a promise") },
  },
  {
    name: "a worker that claims leaves its spin bit set",
    breaks: "I6",
    config: configuration("", { requests: 2 }),
    mutation: {
      worker: ({ queue }, steps) => ({
        "leaves the sets": (me) => {
          const spinning = queue.spin & (1 << me.slot);
          const next = original(steps, "leaves the sets")(me);
          queue.spin |= spinning;
          return next;
        },
      }),
    },
  },
  {
    name: "no chain wake",
    breaks: "I6",
    config: configuration("", { workers: 3, requests: 2 }),
    mutation: { worker: (_, steps) => thenGoTo(steps, "leaves the sets", LEAVES) },
  },
  {
    name: "only a worker that still spins hands the search on",
    breaks: "I6",
    config: configuration("", { workersBegin: "starting" }),
    mutation: {
      worker: ({ queue }, steps) => ({
        "leaves the sets": (me) => {
          const wasSpinning = (queue.spin & (1 << me.slot)) !== 0;
          const next = original(steps, "leaves the sets")(me);
          return wasSpinning ? next : LEAVES;
        },
      }),
    },
  },
  {
    name: "the park counter is read after the idle set is entered",
    breaks: "I6",
    config: configuration("", { workersBegin: "starting" }),
    mutation: {
      worker: (_, steps) => ({
        ...thenGoTo(steps, "enters its gate, to park", "enters the idle set"),
        ...thenGoTo(steps, "enters the idle set", "reads its park counter"),
        ...thenGoTo(steps, "reads its park counter", "second look: reads head"),
      }),
    },
  },
  {
    name: "the epoch is read after arming",
    breaks: "I6",
    config: configuration("", { requests: 2 }),
    mutation: {
      parent: ({ queue }) => ({
        "reads the epoch": () => {
          queue.arm = FOR_RESULTS;
          return "arms itself";
        },
        "arms itself": (me) => {
          me.epoch = FRESH;
          return "looks for results";
        },
      }),
    },
  },
  {
    name: "a worker disarms the parent after it has woken it, by a store",
    breaks: "I6",
    config: configuration("", { requests: 2 }),
    mutation: {
      worker: ({ queue }, steps) => ({
        "looks whether the parent is armed": () =>
          queue.arm === NOT_ARMED ? "reads head" : "adds to the epoch",
        ...thenGoTo(steps, "notifies the parent", "disarms the parent"),
        "disarms the parent": () => {
          queue.arm = NOT_ARMED;
          return "reads head";
        },
      }),
    },
  },
  {
    name: "a claimer that only passes cancelled requests does not wake a parent that waits for room",
    breaks: "I6",
    config: configuration("", { workers: 1, requests: 2, qSize: 1, cancels: 1 }),
    mutation: {
      worker: () => ({
        "looks whether the parent waits for room, empty-handed": () => "enters the spin set",
      }),
    },
  },
  {
    // No thread is ever stuck: the parent sees that something is unread, takes a turn, reads nothing, and sees it
    // again.
    name: "the parent looks into all rings and reads only the first",
    breaks: "I6",
    config: configuration("", { requests: 2 }),
    mutation: {
      parent: ({ workers }, steps) => ({
        "reads the tail of a ring": (me) => {
          const worker = item(workers, me.worker);
          const { tail } = worker;
          if (me.worker > 0) worker.tail = worker.read;
          const next = original(steps, "reads the tail of a ring")(me);
          worker.tail = tail;
          return next;
        },
      }),
    },
  },
];
