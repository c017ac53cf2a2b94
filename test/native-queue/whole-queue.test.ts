import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { STOPPED } from "../../native-queue/gate.ts";
import { EMPTY, hasWork } from "../../native-queue/request-ring.ts";
import { generationOf } from "../../native-queue/task-state.ts";
import { ARENA_BYTES, LONGEST_RESULT, TASKS, WORKERS, WholeQueue } from "./fixtures/whole-queue.ts";

/** Positions and bytes just before they change their sign, and just before they wrap to 0. */
const STARTS = [0x7ffffff0, 0xfffffff0 | 0];

interface Request {
  readonly id: number;
  readonly task: number;
  readonly generation: number;
  readonly payload: Uint8Array;
}
interface Result {
  readonly request: Request;
  readonly payload: Uint8Array;
}

/** The same queue made of lists and maps. */
class Model {
  nextPosition: number;
  requests = 0;
  /** Requests by what has become of them; each is in exactly one of these places. */
  readonly waiting: Request[] = [];
  readonly held = new Map<number, Request>();
  readonly published: Result[][] = Array.from({ length: WORKERS }, () => []);
  readonly settled: Request[] = [];
  readonly stopped = new Set<number>();

  constructor(start: number) {
    this.nextPosition = start;
  }

  /** Claimed by a worker, and its task still in use. */
  ownedBy(worker: number): Request[] {
    const held = this.held.get(worker);
    const done = (this.published[worker] as Result[]).map(({ request }) => request);
    return held === undefined ? done : [...done, held];
  }

  get inUse(): Request[] {
    const owned = Array.from({ length: WORKERS }, (_, worker) => this.ownedBy(worker));
    return [...this.waiting, ...owned.flat()];
  }

  get freeTasks(): number[] {
    const taken = new Set(this.inUse.map(({ task }) => task));
    return Array.from({ length: TASKS }, (_, task) => task).filter((task) => !taken.has(task));
  }
}

const RUNS = 150;

type Command = fc.Command<Model, WholeQueue>;

function patternOf(id: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => id * 31 + i);
}

/** Checks what holds after every step: I5, and that each worker owns what it should and nothing else. */
function expectConsistent(model: Model, queue: WholeQueue): void {
  const live = model.inUse.map(({ payload }) =>
    Math.max(256, 2 ** Math.ceil(Math.log2(payload.length))),
  );
  expect(queue.arena.freeBytes + live.reduce((sum, bytes) => sum + bytes, 0)).toBe(ARENA_BYTES);
  for (const { task, payload } of model.inUse) expect(queue.payloadOf(task)).toEqual(payload);
  if (model.waiting.length > 0) expect(hasWork(queue.views)).toBe(true);
  expect(queue.producer.waiting).toBeGreaterThanOrEqual(model.waiting.length);
  expect(queue.producer.waiting).toBeLessThanOrEqual(2 * TASKS);
  for (let worker = 0; worker < WORKERS; worker++) {
    const owned = model.ownedBy(worker).map(({ task }) => task);
    expect(queue.producer.claimedBy(worker)).toEqual(owned.toSorted((a, b) => a - b));
  }
  for (const { task, generation } of model.inUse) {
    expect(queue.producer.isInUse(task, generation)).toBe(true);
  }
  // A frame of a use that is over is refused, until 4,194,304 puts later.
  for (const { task, generation } of model.settled) {
    expect(queue.producer.isInUse(task, generation)).toBe(false);
  }
}

function command(
  name: string,
  canRun: (model: Model) => boolean,
  run: (model: Model, queue: WholeQueue) => void,
): Command {
  return {
    check: (model) => canRun(model),
    run: (model, queue) => {
      run(model, queue);
      expectConsistent(model, queue);
    },
    toString: () => name,
  };
}

function put(model: Model, queue: WholeQueue, task: number, length: number): void {
  const id = ++model.requests;
  const payload = patternOf(id, length);
  if (!queue.tryPut(task, payload)) return;
  const generation = generationOf(model.nextPosition);
  model.waiting.push({ id, task, generation, payload });
  model.nextPosition = (model.nextPosition + 1) | 0;
}

function settle(model: Model, queue: WholeQueue, request: Request): void {
  queue.release(request.task);
  model.settled.push(request);
}

function readOne(model: Model, queue: WholeQueue, worker: number): boolean {
  const frame = queue.read(worker);
  const expected = model.published[worker]?.shift();
  if (expected === undefined) {
    expect(frame).toBeUndefined();
    return false;
  }
  const { request, payload } = expected;
  const { task, generation, id } = request;
  expect(frame).toEqual({ task, generation, status: id, payload });
  settle(model, queue, request);
  return true;
}

const workers = fc.nat(WORKERS - 1);
/** Mostly of the smallest block, so that all tasks have one. */
const payloadLength = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 256 }) },
  { weight: 1, arbitrary: fc.integer({ min: 257, max: ARENA_BYTES }) },
);
const resultLength = fc.nat(LONGEST_RESULT);

const putting = fc
  .record({ task: fc.nat(TASKS - 1), length: payloadLength })
  .map(({ task, length }) =>
    command(
      `put ${length} bytes`,
      (model) => model.freeTasks.length > 0,
      (model, queue) => put(model, queue, model.freeTasks[task % model.freeTasks.length]!, length),
    ),
  );

const cancelling = fc.nat(TASKS - 1).map((nth) =>
  command(
    `cancel the ${nth}th that waits`,
    (model) => model.waiting.length > 0,
    (model, queue) => {
      const [request] = model.waiting.splice(nth % model.waiting.length, 1) as [Request];
      expect(queue.producer.tryCancel(request.task)).toBe(true);
      expect(queue.producer.tryCancel(request.task)).toBe(false);
      settle(model, queue, request);
    },
  ),
);

const claiming = workers.map((worker) =>
  command(
    `claim by ${worker}`,
    (model) => !model.held.has(worker),
    (model, queue) => {
      const claimed = queue.claim(worker);
      if (model.stopped.has(worker)) {
        expect(claimed).toBe(STOPPED);
        return;
      }
      const request = model.waiting.shift();
      expect(claimed).toBe(request?.task ?? EMPTY);
      if (request !== undefined) model.held.set(worker, request);
    },
  ),
);

const publishing = fc.record({ worker: workers, length: resultLength }).map(({ worker, length }) =>
  command(
    `publish ${length} bytes by ${worker}`,
    (model) => model.held.has(worker),
    (model, queue) => {
      const request = model.held.get(worker) as Request;
      const payload = patternOf(request.id + 7, length);
      // Four tasks at most have results, and a ring takes more of the longest: it is full only of read ones.
      if (!queue.tryPublish(worker, request.task, request.id, payload)) return;
      model.held.delete(worker);
      (model.published[worker] as Result[]).push({ request, payload });
    },
  ),
);

const reading = fc.record({ worker: workers, commits: fc.boolean() }).map(({ worker, commits }) =>
  command(
    `read of ${worker}${commits ? " and commit" : ""}`,
    () => true,
    (model, queue) => {
      readOne(model, queue, worker);
      if (commits) queue.commit(worker);
    },
  ),
);

const stopping = workers.map((worker) =>
  command(
    `stop ${worker}`,
    () => true,
    (model, queue) => {
      queue.dismissWorker(worker);
      model.stopped.add(worker);
    },
  ),
);

/** A worker dies, perhaps in the middle of a frame. Its request fails or is put again, and a successor starts. */
const dying = fc
  .record({ worker: workers, writes: fc.option(resultLength), isRetried: fc.boolean() })
  .map(({ worker, writes, isRetried }) =>
    command(
      `death of ${worker}${writes === null ? "" : ` in a frame of ${writes} bytes`}${isRetried ? ", retry" : ""}`,
      () => true,
      (model, queue) => {
        if (writes !== null) queue.abandonFrame(worker, patternOf(99, writes));
        queue.killWorker(worker);
        while (readOne(model, queue, worker));
        const held = model.held.get(worker);
        expect(queue.producer.claimedBy(worker)).toEqual(held === undefined ? [] : [held.task]);
        model.held.delete(worker);
        if (held !== undefined) {
          settle(model, queue, held);
          if (isRetried) put(model, queue, held.task, held.payload.length);
        }
        queue.startWorker(worker);
        model.stopped.delete(worker);
      },
    ),
  );

describe.each(STARTS)("a whole queue of a few cells that starts at position %d", (start) => {
  test("does what lists would do, whatever is put, cancelled, claimed, published, read, dismissed and killed", () => {
    let wrapped = 0;
    fc.assert(
      fc.property(
        fc.commands(
          [
            putting,
            putting,
            claiming,
            claiming,
            publishing,
            publishing,
            reading,
            reading,
            cancelling,
            stopping,
            dying,
          ],
          { maxCommands: 600, size: "max" },
        ),
        (commands) => {
          const model = new Model(start);
          const queue = new WholeQueue(start);
          fc.modelRun(() => ({ model, real: queue }), commands);
          expect(model.settled.length + model.inUse.length).toBeLessThanOrEqual(model.requests);
          if (model.settled.length > 16) wrapped += 1;
        },
      ),
      { numRuns: RUNS },
    );
    // Runs that have gone past the wrap, which is sixteen positions after the start.
    expect(wrapped).toBeGreaterThan(RUNS / 4);
  });
});
