/** What a worker does with a child whose arguments name memory that has not arrived. */
import { expect, test } from "bun:test";
import {
  BoardOwner,
  WorkerGate,
  announceStart,
  generationOfTask,
  takeChild,
  unpark,
} from "../../native-queue/index.ts";
import type { TakenChild } from "../../native-queue/index.ts";
import { buryChildren } from "../../native-queue/board.ts";
import { claim } from "../../native-queue/request-ring.ts";
import { describeCallable } from "../../src/callable/describe.ts";
import { Encoder } from "../../src/codec/objects.ts";
import { BufferNames } from "../../src/fork-join/buffer-names.ts";
import { PREFIX_BYTES, textOf } from "../../src/fork-join/child-format.ts";
import type { ChildHead } from "../../src/fork-join/child-format.ts";
import { ChildReader } from "../../src/fork-join/child-reader.ts";
import { putAll, queueAt } from "../native-queue/fixtures/queue.ts";
import { lengthOfShared } from "./fixtures/edges.ts";

const OWNER = 3;
const TAKER = 5;

/** A child with shared memory among its arguments, which another worker has taken. */
function takenChild() {
  const queue = queueAt(0);
  const { views } = queue;
  putAll(queue, 0);
  for (const worker of [OWNER, TAKER]) announceStart(views, worker);
  const gate = new WorkerGate(views, OWNER);
  const takerGate = new WorkerGate(views, TAKER);
  expect(claim(views, OWNER)).toBe(0);
  const names = new BufferNames(gate, "names of a test");
  const encoder = new Encoder(names.numberOf);
  const definition = textOf(describeCallable(lengthOfShared));
  const head: ChildHead = [definition, "1", 1, Infinity, undefined, 0, false, false];
  const headBytes = encoder.prepare(head, "args");
  const args = new Uint8Array(1024);
  const payload = new Uint8Array(2048);
  encoder.copyTo(payload, PREFIX_BYTES);
  const argsBytes = encoder.prepare([new Int32Array(new SharedArrayBuffer(12))], "args");
  encoder.copyTo(args, 0);
  payload.set(args.subarray(0, argsBytes), PREFIX_BYTES + headBytes);
  new Int32Array(payload.buffer, 0, 2).set([2, headBytes]);
  const owner = new BoardOwner(gate);
  const root = { task: 0, generation: generationOfTask(views, 0) };
  owner.offer(owner.freeCell(), root, 0, payload.slice(0, PREFIX_BYTES + headBytes + argsBytes));
  expect(takerGate.tryEnter()).toBe(true);
  const taken = takeChild(takerGate, 7, 0, { rootTask: undefined, accepts: () => true });
  takerGate.leave();
  return { views, takerGate, taken: taken as TakenChild };
}

test("it waits for the memory until the owner of the child is dead, whose message may have died with it", async () => {
  const { views, takerGate, taken } = takenChild();
  const reader = new ChildReader(takerGate, new BufferNames(takerGate, "other names"));
  const reading = reader.read(taken, reader.headOf(taken));
  // It is loaded, and waits.
  await new Promise((resolve) => setImmediate(resolve));
  expect(Bun.peek.status(reading)).toBe("pending");
  buryChildren(views, OWNER);
  unpark(views, TAKER);
  expect(await reading).toBeUndefined();
});

test("it goes on when the memory comes", async () => {
  const { takerGate, taken } = takenChild();
  const names = new BufferNames(takerGate, "other names");
  const reader = new ChildReader(takerGate, names);
  const reading = reader.read(taken, reader.headOf(taken));
  await new Promise((resolve) => setImmediate(resolve));
  const shared = new SharedArrayBuffer(12);
  names.listen();
  // Numbers begin at the same one in each queue: the first is that of the child's memory.
  const channel = new BroadcastChannel("other names");
  channel.postMessage({ number: 1, buffer: shared, listeners: 2 });
  channel.postMessage({ number: 0, buffer: shared, listeners: 2 });
  const ready = await reading;
  expect(ready?.args.map((value) => (value as Int32Array).length)).toEqual([3]);
  channel.close();
});
