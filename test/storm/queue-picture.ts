/** What the shared words of a queue say, for reading: the picture of one that hangs. */
import { ROOT, TAG_MASK, cellOf, takerIn, wordOf } from "../../native-queue/board-cell.ts";
import {
  CELLS_PER_WORKER,
  HEAD,
  HELPING,
  MAX_WORKERS,
  OFFERING,
  PARENT_ARM,
  PARENT_EPOCH,
  QueueViews,
  SLEEP,
  SLEEP_WORDS_IN_USE,
  WORKERS_PER_SLEEP_WORD,
  gateWord,
  parkWord,
  postedWord,
  usedCellsWord,
} from "../../native-queue/layout.ts";
import type { QueueMemory } from "../../native-queue/layout.ts";
import { hasWork } from "../../native-queue/request-ring.ts";
import { TAG_CLAIMED, TAG_READY, ownerOf, tagOf } from "../../native-queue/task-state.ts";
import type { TappedSlot } from "./queue-tap.ts";

const GATES = [
  "STARTING",
  "OPEN",
  "AT_QUEUE",
  "DISMISSING",
  "DISMISSED",
  "DISMISSED_AT_QUEUE",
  "KILLING",
  "SHUT",
  "ENDED",
];
const CELL_STATES = ["FREE", "OFFERED", "TAKEN", "DONE", "LOST", "ORPHANED", "PART"];
/** Words of a result ring, as its header draws them. */
const RING_TAIL = 0;
const RING_WANTED = 1;
const RING_HEAD = 32;

export function pictureOf(memory: QueueMemory, slots: readonly TappedSlot[]): string {
  const views = new QueueViews(memory);
  const word = (at: number): number => Atomics.load(views.words, at);
  const ready: number[] = [];
  for (let task = 0; task < views.tasks; task++) {
    if (tagOf(word(views.state(task))) === TAG_READY) ready.push(task);
  }
  const lines = [
    `head ${word(HEAD)}, has work ${hasWork(views)}, tasks READY ${ready.length}`,
    `parent: arm ${word(PARENT_ARM)}, epoch ${word(PARENT_EPOCH)}, sleep words in use ${word(SLEEP_WORDS_IN_USE)}`,
  ];
  for (const tapped of slots) lines.push(pictureOfSlot(views, tapped));
  lines.push(`offering ${word(OFFERING)}, helping ${word(HELPING)}`, ...cellsInUse(views));
  return lines.join("\n");
}

/** The cells of the board that are not free: a line each. */
function cellsInUse(views: QueueViews): string[] {
  const lines: string[] = [];
  for (let owner = 0; owner < MAX_WORKERS; owner++) {
    const used = Atomics.load(views.words, usedCellsWord(owner));
    for (let i = 0; i < CELLS_PER_WORKER; i++) {
      if (((used >>> i) & 1) === 0) continue;
      const first = wordOf(cellOf(owner, i));
      const state = Atomics.load(views.board, first);
      const name = CELL_STATES[state & TAG_MASK];
      const root = Atomics.load(views.board, first + ROOT);
      lines.push(`cell ${i} of slot ${owner}: ${name}, taker ${takerIn(state)}, root task ${root}`);
    }
  }
  return lines;
}

function pictureOfSlot(views: QueueViews, { slot, workerId, ring }: TappedSlot): string {
  const word = (at: number): number => Atomics.load(views.words, at);
  return (
    `slot ${slot}, worker ${workerId}: gate ${GATES[word(gateWord(slot))]}, ${placeOf(views, slot)}, ` +
    `park ${word(parkWord(slot))}, posted ${word(postedWord(slot))}, ` +
    `last claimed [${claimedBy(views, slot).join(" ")}], ring ${pictureOfRing(ring)}`
  );
}

function pictureOfRing(ring: SharedArrayBuffer | undefined): string {
  if (ring === undefined) return "gone";
  const words = new Int32Array(ring);
  const [tail, head, wanted] = [RING_TAIL, RING_HEAD, RING_WANTED].map((at) =>
    Atomics.load(words, at),
  );
  return `tail ${tail} head ${head} wanted ${wanted}`;
}

/** In which of the sets of sleepers a slot is. */
export function placeOf(views: QueueViews, slot: number): "awake" | "idle" | "spinning" | "both" {
  const word = Atomics.load(views.words, SLEEP + Math.floor(slot / WORKERS_PER_SLEEP_WORD));
  const isIdle = (word >>> (slot % WORKERS_PER_SLEEP_WORD)) & 1;
  const isSpinning = (word >>> (16 + (slot % WORKERS_PER_SLEEP_WORD))) & 1;
  if (isIdle === 1) return isSpinning === 1 ? "both" : "idle";
  return isSpinning === 1 ? "spinning" : "awake";
}

/** The slots that are in a set of sleepers. */
export function sleepers(views: QueueViews): number[] {
  const slots = Array.from({ length: MAX_WORKERS }, (_, slot) => slot);
  return slots.filter((slot) => placeOf(views, slot) !== "awake");
}

/** Tasks whose state names that slot as owner; those that are done keep it until they are put again. */
function claimedBy(views: QueueViews, slot: number): number[] {
  const tasks: number[] = [];
  for (let task = 0; task < views.tasks; task++) {
    const state = Atomics.load(views.words, views.state(task));
    if (tagOf(state) === TAG_CLAIMED && ownerOf(state) === slot) tasks.push(task);
  }
  return tasks.slice(0, 8);
}
