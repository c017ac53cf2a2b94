/** The board in one thread: what owners, takers and the parent see of it. All orders of their steps are in test/model. */
import { describe, expect, test } from "bun:test";
import { CELL_PAYLOAD_BYTES, NO_CELL } from "../../native-queue/board-cell.ts";
import { childFigures, noteChildFigures } from "../../native-queue/board-figures.ts";
import {
  listenersSoFar,
  nextBufferNumber,
  noteListener,
} from "../../native-queue/board-buffers.ts";
import {
  boardVersion,
  finishChild,
  isAnyOffered,
  isChildStopped,
  isPartRead,
  sendPart,
  takeChild,
} from "../../native-queue/board-taker.ts";
import type { TakenChild, Wish } from "../../native-queue/board-taker.ts";
import {
  BoardOwner,
  buryChildren,
  isOrphan,
  orphansOf,
  takersFor,
} from "../../native-queue/board.ts";
import type { Orphan } from "../../native-queue/board.ts";
import { WorkerGate, announceStart, shutGate } from "../../native-queue/gate.ts";
import { CELLS_PER_WORKER } from "../../native-queue/layout.ts";
import { claim, generationOfTask } from "../../native-queue/request-ring.ts";
import { requestStop } from "../../native-queue/task-run.ts";
import { putAll, queueAt } from "./fixtures/queue.ts";

const OWNER = 3;
const TAKER = 5;
const TAKER_ID = 77;
const ANY: Wish = { rootTask: undefined, accepts: () => true };

/** A queue where the owner runs task 0, and two workers have started. */
function newBoard() {
  const queue = queueAt(0);
  const { views } = queue;
  putAll(queue, 0);
  for (const worker of [OWNER, TAKER]) announceStart(views, worker);
  const gate = new WorkerGate(views, OWNER);
  const takerGate = new WorkerGate(views, TAKER);
  expect(claim(views, OWNER)).toBe(0);
  const root = { task: 0, generation: generationOfTask(views, 0) };
  const owner = new BoardOwner(gate);
  const offer = (bytes: readonly number[], mark = 0, of = root): number => {
    const cell = owner.freeCell();
    expect(owner.offer(cell, of, mark, Uint8Array.from(bytes))).toBe(true);
    return cell;
  };
  const take = (wish: Wish = ANY): TakenChild | undefined => {
    expect(takerGate.tryEnter()).toBe(true);
    const taken = takeChild(takerGate, TAKER_ID, 0, wish);
    takerGate.leave();
    return taken;
  };
  return { views, gate, takerGate, owner, root, offer, take };
}

describe("an offer", () => {
  test("goes with its payload and mark to the taker, and its outcome back", () => {
    const { views, owner, takerGate, root, offer, take } = newBoard();
    const version = boardVersion(views);
    const cell = offer([1, 2, 3], 9);
    expect(boardVersion(views)).not.toBe(version);
    expect(owner.stateOf(cell)).toBe("offered");
    const taken = take() as TakenChild;
    expect(taken).toMatchObject({ cell, owner: OWNER, root, mark: 9 });
    expect([...taken.payload]).toEqual([1, 2, 3]);
    expect(owner.stateOf(cell)).toBe("taken");
    expect(owner.takerIdOf(cell)).toBe(TAKER_ID);
    finishChild(takerGate, taken, 42, Uint8Array.of(7));
    expect(owner.stateOf(cell)).toBe("done");
    const { status, payload } = owner.outcomeOf(cell);
    expect([status, ...payload]).toEqual([42, 7]);
    owner.free(cell);
    expect(owner.freeCell()).toBe(cell);
  });
  test("holds as many bytes as it says", () => {
    const { offer, take } = newBoard();
    const bytes = Array.from({ length: CELL_PAYLOAD_BYTES }, (_, i) => i % 251);
    offer(bytes);
    offer([5]);
    expect([...(take() as TakenChild).payload]).toEqual(bytes);
    expect([...(take() as TakenChild).payload]).toEqual([5]);
  });
  test("is taken before a younger one, also when its cell is a later one", () => {
    const { owner, offer, take } = newBoard();
    const first = offer([1]);
    const second = offer([2]);
    expect(owner.tryTakeBack(first)).toBe(true);
    const third = offer([3]);
    expect(third).toBe(first);
    expect(take()?.cell).toBe(second);
    expect(take()?.cell).toBe(third);
    expect(take()).toBeUndefined();
  });
  test("is taken by one side only", () => {
    const { owner, views, offer, take } = newBoard();
    const cell = offer([1]);
    expect(isAnyOffered(views)).toBe(true);
    expect(owner.tryTakeBack(cell)).toBe(true);
    expect(isAnyOffered(views)).toBe(false);
    expect(take()).toBeUndefined();
    const again = offer([2]);
    expect(take()?.cell).toBe(again);
    expect(owner.tryTakeBack(again)).toBe(false);
    expect(isAnyOffered(views)).toBe(false);
  });
  test("goes to those who want it", () => {
    const { root, offer, take } = newBoard();
    const other = offer([1], 1, { task: 1, generation: 0 });
    const own = offer([2], 2);
    expect(take({ ...ANY, accepts: (mark) => mark === 3 })).toBeUndefined();
    expect(take({ ...ANY, rootTask: root.task })?.cell).toBe(own);
    expect(take({ ...ANY, rootTask: root.task })).toBeUndefined();
    expect(take({ ...ANY, accepts: (mark) => mark === 1 })?.cell).toBe(other);
  });
  test("is not taken by the worker that has made it", () => {
    const { gate, offer } = newBoard();
    offer([1]);
    expect(gate.tryEnter()).toBe(true);
    expect(takeChild(gate, TAKER_ID, 0, ANY)).toBeUndefined();
    gate.leave();
  });
  test("needs a free cell, of which a worker has a certain number", () => {
    const { owner, offer } = newBoard();
    const cells = Array.from({ length: CELLS_PER_WORKER }, () => offer([1]));
    expect(new Set(cells).size).toBe(CELLS_PER_WORKER);
    expect(owner.freeCell()).toBe(NO_CELL);
    owner.tryTakeBack(cells[4] as number);
    expect(owner.freeCell()).toBe(cells[4] as number);
  });
  test("is refused to a worker whose gate is shut", () => {
    const { owner, views, root } = newBoard();
    const cell = owner.freeCell();
    shutGate(views, OWNER);
    expect(owner.offer(cell, root, 0, Uint8Array.of(1))).toBe(false);
    expect(isAnyOffered(views)).toBe(false);
  });
});

test("a long outcome goes in parts, each after the one before is read", () => {
  const { owner, views, takerGate, offer, take } = newBoard();
  const cell = offer([1]);
  const taken = take() as TakenChild;
  for (const part of [10, 11]) {
    sendPart(takerGate, taken, Uint8Array.of(part));
    expect(owner.stateOf(cell)).toBe("part");
    expect(isPartRead(views, taken)).toBe(false);
    expect(isChildStopped(views, taken)).toBe(false);
    expect([...owner.outcomeOf(cell).payload]).toEqual([part]);
    owner.partIsRead(cell);
    expect(isPartRead(views, taken)).toBe(true);
    expect(owner.stateOf(cell)).toBe("taken");
  }
  finishChild(takerGate, taken, 1, Uint8Array.of(12));
  expect(owner.stateOf(cell)).toBe("done");
});

describe("a taken child is to stop", () => {
  test("when its owner says so, and the next child of the cell is not", () => {
    const { owner, views, takerGate, offer, take } = newBoard();
    const cell = offer([1]);
    const taken = take() as TakenChild;
    expect(isChildStopped(views, taken)).toBe(false);
    owner.requestStop(cell);
    expect(isChildStopped(views, taken)).toBe(true);
    finishChild(takerGate, taken, 1, Uint8Array.of());
    owner.free(cell);
    expect(offer([2])).toBe(cell);
    const next = take() as TakenChild;
    expect(isChildStopped(views, next)).toBe(false);
    expect(isChildStopped(views, taken)).toBe(true);
  });
  test("when the request of its tree is to stop", () => {
    const { views, root, offer, take } = newBoard();
    offer([1]);
    const taken = take() as TakenChild;
    requestStop(views, root.task);
    expect(isChildStopped(views, taken)).toBe(true);
  });
  test("when that task has another request by now", () => {
    const { views, root, offer, take } = newBoard();
    offer([1], 0, { task: root.task, generation: root.generation + 1 });
    expect(isChildStopped(views, take() as TakenChild)).toBe(true);
  });
});

describe("the death", () => {
  test("of a taker loses what it had taken, also in the middle of an outcome", () => {
    const { owner, views, takerGate, root, offer, take } = newBoard();
    const cells = [offer([1]), offer([2]), offer([3])] as const;
    take();
    sendPart(takerGate, take() as TakenChild, Uint8Array.of(1));
    expect(takersFor(views, root)).toEqual([TAKER, TAKER]);
    buryChildren(views, TAKER);
    expect(cells.map((cell) => owner.stateOf(cell))).toEqual(["lost", "lost", "offered"]);
    expect(owner.takerIdOf(cells[0])).toBe(TAKER_ID);
    expect(takersFor(views, root)).toEqual([]);
    owner.free(cells[0]);
    expect(owner.freeCell()).toBe(cells[0]);
  });
  test("of an owner withdraws its offers, and stops what others run", () => {
    const { views, takerGate, root, offer, take } = newBoard();
    const cell = offer([1]);
    offer([2]);
    const taken = take() as TakenChild;
    buryChildren(views, OWNER);
    expect(take()).toBeUndefined();
    expect(isChildStopped(views, taken)).toBe(true);
    expect(takersFor(views, root)).toEqual([TAKER]);
    const successor = new BoardOwner(new WorkerGate(views, OWNER));
    expect(successor.freeCell()).not.toBe(cell);
    finishChild(takerGate, taken, 1, Uint8Array.of(1));
    expect(successor.freeCell()).toBe(cell);
    expect(takersFor(views, root)).toEqual([]);
  });
  test("of both leaves the cell free", () => {
    const { views, root, offer, take } = newBoard();
    const cell = offer([1]);
    take();
    buryChildren(views, OWNER);
    buryChildren(views, TAKER);
    expect(takersFor(views, root)).toEqual([]);
    expect(new BoardOwner(new WorkerGate(views, OWNER)).freeCell()).toBe(cell);
  });
});

test("figures of children are summed over all workers", () => {
  const { views } = newBoard();
  expect(childFigures(views)).toEqual({ inPlace: 0, taken: 0, failed: 0 });
  noteChildFigures(views, OWNER, { inPlace: 3, taken: 0, failed: 1 });
  noteChildFigures(views, TAKER, { inPlace: 1, taken: 2, failed: 0 });
  expect(childFigures(views)).toEqual({ inPlace: 4, taken: 2, failed: 1 });
});

test("listeners and buffers have numbers of their own, from 1 on", () => {
  const { views, gate, takerGate } = newBoard();
  expect(listenersSoFar(views)).toBe(0);
  expect([noteListener(gate), noteListener(takerGate)]).toEqual([1, 2]);
  expect(listenersSoFar(views)).toBe(2);
  expect([nextBufferNumber(takerGate), nextBufferNumber(gate)]).toEqual([1, 2]);
  shutGate(views, OWNER);
  expect([noteListener(gate), nextBufferNumber(gate)]).toEqual([0, 0]);
  expect(listenersSoFar(views)).toBe(2);
});

test("a child whose owner is dead is an orphan until its taker has ended it, or is dead too", () => {
  for (const isTakerDead of [false, true]) {
    const { views, takerGate, offer, take } = newBoard();
    offer([1]);
    expect(orphansOf(views)).toEqual([]);
    const taken = take() as TakenChild;
    expect(orphansOf(views)).toEqual([]);
    buryChildren(views, OWNER);
    const [orphan, ...others] = orphansOf(views);
    expect(orphan?.taker).toBe(TAKER);
    expect(others).toEqual([]);
    expect(isOrphan(views, orphan as Orphan)).toBe(true);
    if (isTakerDead) buryChildren(views, TAKER);
    else finishChild(takerGate, taken, 1, new Uint8Array());
    expect(isOrphan(views, orphan as Orphan)).toBe(false);
    expect(orphansOf(views)).toEqual([]);
  }
});
