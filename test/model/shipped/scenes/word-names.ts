import type { QueueMemory } from "../../../../native-queue/layout.ts";
import type { NativeQueue } from "../machine/load-queue.ts";

const RING_WORDS = new Map([
  [0, "tail"],
  [1, "wanted"],
  [32, "head"],
]);
const TASK_FIELDS = ["unused", "callable", "place", "length", "flags", "run"];
const WORKER_FIELDS = [
  "park",
  "gate",
  "exit code",
  "busy",
  "posted",
  "stops heard",
  "phase",
  "busy since",
  "holder",
  "offers",
  "offered cells",
  "helped task",
  "children in place",
  "children taken",
  "children failed",
  "used cells",
];
const CELL_FIELDS = ["state", "order", "root", "root use", "mark", "stop", "length", "status"];

/**
 * The name of a shared word in a story.
 *
 * @param buffer "queue", or "ring" and its number
 */
export function nameWord(
  queue: NativeQueue,
  memory: QueueMemory,
  buffer: string,
  word: number,
): string {
  if (buffer === "board") {
    const inCell = word % queue.CELL_WORDS;
    const cell = (word - inCell) / queue.CELL_WORDS;
    return `cell ${cell}.${CELL_FIELDS[inCell] ?? `payload[${inCell - CELL_FIELDS.length}]`}`;
  }
  if (buffer !== "queue") return `${buffer}.${RING_WORDS.get(word) ?? `word ${word}`}`;
  if (word === queue.HEAD) return "head";
  if (word === queue.PARENT_ARM) return "arm";
  if (word === queue.PARENT_EPOCH) return "epoch";
  if (word === queue.ENDS_ANNOUNCED) return "ends announced";
  if (word === queue.SLEEP_WORDS_IN_USE) return "sleep words in use";
  if (word === queue.BOARD_VERSION) return "board version";
  if (word === queue.BOARD_IN_USE) return "board in use";
  if (word === queue.OFFERING) return "offering";
  if (word === queue.HELPING) return "helping";
  if (word >= queue.SLEEP && word < queue.PARENT_ARM) return `sleep[${word - queue.SLEEP}]`;
  const views = new queue.QueueViews(memory);
  if (word >= views.firstTask) {
    const inTask = (word - views.firstTask) % queue.TASK_WORDS;
    const task = (word - views.firstTask - inTask) / queue.TASK_WORDS;
    return `task ${task}.${TASK_FIELDS[inTask] ?? `payload[${inTask - 8}]`}`;
  }
  if (word >= views.states) return `task ${word - views.states}.state`;
  if (word >= views.ready) return `ready[${word - views.ready}]`;
  const workerWords = queue.parkWord(1) - queue.parkWord(0);
  const inWorker = (word - queue.parkWord(0)) % workerWords;
  const worker = (word - queue.parkWord(0) - inWorker) / workerWords;
  return `worker ${worker}.${WORKER_FIELDS[inWorker] ?? inWorker}`;
}
