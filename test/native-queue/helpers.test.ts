/** The set of helpers in one thread. All orders of its steps are in test/model. */
import { describe, expect, test } from "bun:test";
import { WorkerGate, announceStart } from "../../native-queue/gate.ts";
import {
  enterHelpers,
  hungryFor,
  leaveHelpers,
  removeHelper,
  wakeHelper,
} from "../../native-queue/helpers.ts";
import { parkWord } from "../../native-queue/layout.ts";
import { enterIdleSet, enterSpinSet, leaveSets, wakeOne } from "../../native-queue/parker.ts";
import { queueAt } from "./fixtures/queue.ts";

const SELF = 1;

function newQueue() {
  const { views } = queueAt(0, 4, 40);
  const gateOf = (worker: number): WorkerGate => {
    announceStart(views, worker);
    return new WorkerGate(views, worker);
  };
  const wakes = (worker: number): number => Atomics.load(views.words, parkWord(worker));
  return { views, gateOf, wakes };
}

describe("an offer", () => {
  test("wakes one helper of the tree, and the next offer another one", () => {
    const { views, gateOf, wakes } = newQueue();
    for (const worker of [3, 35, 37]) enterHelpers(gateOf(worker), 2);
    const woken = (): number[] => [3, 35, 37].map(wakes);
    wakeHelper(views, 2, SELF);
    expect(woken()).toEqual([1, 0, 0]);
    wakeHelper(views, 2, SELF);
    expect(woken()).toEqual([1, 1, 0]);
    wakeHelper(views, 2, SELF);
    wakeHelper(views, 2, SELF);
    expect(woken()).toEqual([1, 1, 1]);
  });
  test("wakes neither a helper of another tree, nor one that has left or is dead, nor the worker that offers", () => {
    const { views, gateOf, wakes } = newQueue();
    enterHelpers(gateOf(3), 1);
    const gate = gateOf(4);
    enterHelpers(gate, 2);
    leaveHelpers(gate);
    enterHelpers(gateOf(5), 2);
    removeHelper(views, 5);
    enterHelpers(gateOf(SELF), 2);
    wakeHelper(views, 2, SELF);
    expect([3, 4, 5, SELF].map(wakes)).toEqual([0, 0, 0, 0]);
  });
});

describe("hungry workers", () => {
  test("are those without a request, and helpers of the tree, without the one that asks", () => {
    const { views, gateOf } = newQueue();
    const hungry = (): number => hungryFor(views, 2, SELF);
    expect(hungry()).toBe(0);
    enterIdleSet(views, 3);
    enterSpinSet(views, 34);
    enterIdleSet(views, SELF);
    expect(hungry()).toBe(2);
    enterHelpers(gateOf(5), 2);
    enterHelpers(gateOf(38), 2);
    enterHelpers(gateOf(6), 1);
    enterHelpers(gateOf(SELF), 2);
    expect(hungry()).toBe(4);
    leaveSets(views, 34);
    wakeHelper(views, 2, SELF);
    expect(hungry()).toBe(2);
    expect(wakeOne(views)).toBe(true);
    expect(hungry()).toBe(2);
  });
});
