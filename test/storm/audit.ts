/**
 * What must be true when the storm is over: nothing is pending, every worker that should live answers, and
 * nothing in the queue (task, block of the arena, bit of a set) belongs to the dead.
 */
import type { ThreadPool } from "../../src/index.ts";
import { isGateOpen } from "../../native-queue/gate.ts";
import {
  HELPING,
  MAX_WORKERS,
  OFFERING,
  QueueViews,
  TASK_PLACE,
  offeredCellsWord,
  usedCellsWord,
} from "../../native-queue/layout.ts";
import { TAG_READY, tagOf } from "../../native-queue/task-state.ts";
import { LONG_ARENA } from "../../src/protocol/index.ts";
import type { Ledger } from "./ledger.ts";
import { placeOf, sleepers } from "./queue-picture.ts";
import type { QueueTap } from "./queue-tap.ts";
import { holdAtGate, lengthOf } from "./tasks.ts";
import { growTree } from "./tree-tasks.ts";
import { nodesOf, valueOf } from "./trees.ts";
import type { Tree } from "./trees.ts";
import { turnUntil } from "../pool/turns.ts";

/** A block of the arena that takes the longest payload; sixteen fill it. */
const BLOCK_BYTES = 1 << 22;

/** A tree without deaths, failures and stops. */
const PLAIN_TREE: Omit<Tree, "seed"> = {
  id: 0,
  depth: 3,
  retries: 0,
  failing: -1,
  catches: false,
  dying: -1,
  hasExtras: false,
  runs: undefined,
};

export interface Audited {
  readonly pool: ThreadPool;
  readonly tap: QueueTap;
  readonly ledger: Ledger;
  /** How many workers the pool should have. */
  readonly workers: number;
  /** How many requests wait in the queue at most, where the pool keeps it from being filled. */
  readonly room: number | undefined;
}

/** Checks all of it. A wrong state becomes a violation; a state that never comes makes this hang. */
export async function audit(audited: Audited, beat: () => void): Promise<void> {
  expectNothingPending(audited);
  audited.pool.joinAllDismissedWorkers();
  beat();
  await expectEveryWorkerAsleep(audited);
  beat();
  await expectBoardEmpty(audited);
  await expectChildrenCounted(audited);
  audited.ledger.checkTrees();
  beat();
  await expectEverythingFree(audited);
  beat();
  await expectEveryWorkerAsleep(audited);
  expectNothingPending(audited);
}

function expectNothingPending({ pool, ledger, workers }: Audited): void {
  const { put, pending, running, queueLength, succeeded, failed, cancelled } = pool.stats();
  const found = {
    unsettled: ledger.unsettled.size,
    workRequests: pool.workRequests.size,
    pending,
    queueLength,
    running,
    notSettledByThePool: put - succeeded - failed - cancelled,
    missingWorkers: workers - pool.workers.length,
    notRunning: pool.workers.filter(({ state }) => state !== "running").length,
  };
  for (const [what, count] of Object.entries(found)) {
    if (count !== 0) ledger.violate(`after the storm: ${what}=${count}`);
  }
}

/** Waits until all workers have parked, and no other slot is in a set: a worker that is not woken stops spinning. */
async function expectEveryWorkerAsleep({ pool, tap }: Audited): Promise<void> {
  const views = new QueueViews(memoryOf(tap));
  await turnUntil(() => {
    const slots = liveSlots(pool, tap);
    return (
      slots.length === pool.workers.length &&
      slots.every((slot) => isGateOpen(views, slot) && placeOf(views, slot) === "idle") &&
      sleepers(views).length === slots.length
    );
  });
}

/** Waits until no worker offers a child or waits for one, and no cell of the board is in use. */
async function expectBoardEmpty({ tap }: Audited): Promise<void> {
  const views = new QueueViews(memoryOf(tap));
  const word = (at: number): number => Atomics.load(views.words, at);
  await turnUntil(() => {
    for (let i = 0; i < MAX_WORKERS / 32; i++)
      if (word(OFFERING + i) !== 0 || word(HELPING + i) !== 0) return false;
    for (let slot = 0; slot < MAX_WORKERS; slot++)
      if (word(usedCellsWord(slot)) !== 0 || word(offeredCellsWord(slot)) !== 0) return false;
    return true;
  });
}

/** Grows trees of which each child is known: the figures must grow by as many, or by more that were left to tell. */
async function expectChildrenCounted({ pool, ledger }: Audited): Promise<void> {
  const before = pool.stats().children;
  const trees = Array.from({ length: 40 }, (_, i): Tree => ({ ...PLAIN_TREE, seed: i + 1 }));
  const put = trees.map((tree) => pool.run(growTree, [tree]));
  await pool.settled();
  const found = await Promise.all(put);
  const wrong = trees.filter((tree, i) => found[i] !== valueOf(tree)).length;
  if (wrong > 0) ledger.violate(`after the storm: wrong trees ${wrong}`);
  const children = trees.reduce((sum, tree) => sum + nodesOf(tree).length - 1, 0);
  const counted = (): number => {
    const { inPlace, taken } = pool.stats().children;
    return inPlace + taken - before.inPlace - before.taken;
  };
  // A worker tells its figures just after the outcome.
  await turnUntil(() => counted() >= children);
  const { failed, inPlace, taken } = pool.stats().children;
  if (failed > inPlace + taken) ledger.violate("more children have failed than there were");
}

/** While every worker is held at a gate, the whole queue is filled: what the dead still owned would be missing. */
async function expectEverythingFree(audited: Audited): Promise<void> {
  const { pool, tap, ledger } = audited;
  const views = new QueueViews(memoryOf(tap));
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const held = pool.workers.map(() => pool.run(holdAtGate, [gate]));
  await turnUntil(() => Atomics.load(gate, 0) === pool.workers.length);
  const room = audited.room ?? views.tasks - held.length;
  const blocks = Math.min(room, LONG_ARENA.bytes / BLOCK_BYTES);
  const payloads = Array.from({ length: room }, (__, i) =>
    i < blocks ? new Uint8Array(BLOCK_BYTES - 256) : new Uint8Array(0),
  );
  const lengths = payloads.map((payload) => pool.run(lengthOf, [payload]));
  expectFull(views, room, blocks, ledger);
  Atomics.store(gate, 1, 1);
  Atomics.notify(gate, 1);
  await pool.settled();
  await Promise.all(held);
  const wrong = (await Promise.all(lengths)).filter((length, i) => length !== payloads[i]?.length);
  if (wrong.length > 0) ledger.violate(`after the storm: wrong results ${wrong.length}`);
}

function expectFull(views: QueueViews, room: number, blocks: number, ledger: Ledger): void {
  const ready: number[] = [];
  for (let task = 0; task < views.tasks; task++) {
    const first = views.task(task);
    if (tagOf(Atomics.load(views.words, views.state(task))) === TAG_READY) ready.push(first);
  }
  if (ready.length !== room) {
    ledger.violate(`after the storm: of ${room} tasks ${ready.length} can be used`);
  }
  const places = ready.map((first) => views.words[first + TASK_PLACE] as number);
  const inArena = places.filter((place) => place >= 0).length;
  if (inArena !== blocks) {
    ledger.violate(`after the storm: of ${blocks} blocks of the arena ${inArena} can be used`);
  }
}

function liveSlots(pool: ThreadPool, { slots }: QueueTap): number[] {
  const ids = new Set(pool.workers.map(({ id }) => id));
  return slots.filter(({ workerId }) => ids.has(workerId)).map(({ slot }) => slot);
}

function memoryOf({ memory }: QueueTap): NonNullable<QueueTap["memory"]> {
  if (memory === undefined) throw new Error("No worker was started.");
  return memory;
}
