/**
 * The parent's side of the queues: requests in, results out.
 *
 * A request goes to the queue at once when a task is free, and to the backlog otherwise; each result
 * that is read frees a task for the oldest request in the backlog.
 */
import {
  Arena,
  INLINE_BYTES,
  NO_BLOCK,
  QueueViews,
  RequestProducer,
  TASK_ATTEMPT,
  TASK_CALLABLE,
  TASK_FLAGS,
  TASK_LENGTH,
  TASK_PLACE,
  createQueueMemory,
  unpark,
  wakeOne,
} from "../native-queue/index.ts";
import type { QueueMemory } from "../native-queue/index.ts";
import { Backlog } from "./backlog.ts";
import { copyBytes, spillOf } from "./bytes.ts";
import { Decoder, Encoder } from "./codec/index.ts";
import { PayloadError, WorkerDied } from "./errors.ts";
import type { PendingRequest, RequestTable, SideParts } from "./request-table.ts";
import type { WorkerChannel } from "./worker-channel.ts";
import {
  DYING,
  FETCH,
  NO_TASK_FLAGS,
  RESULT_HAS_SIDE_MESSAGE,
  SUCCEEDED,
  TASK_HAS_SIDE_MESSAGE,
  statusOf,
} from "./worker-protocol.ts";

const TASKS = 1024;
const ARENA_BYTES = 1 << 26;
/** A payload over this share of the arena travels in memory of its own, so that a few cannot fill it. */
const LARGEST_ARENA_SHARE = 16;
/** Where a payload lies: an offset in the arena, or one of these. */
const INLINE = -1;
const ELSEWHERE = -2;

export class Exchange {
  readonly memory: QueueMemory = createQueueMemory(TASKS, ARENA_BYTES);
  readonly views: QueueViews = new QueueViews(this.memory);
  readonly #producer = new RequestProducer(this.views);
  readonly #arena = new Arena(ARENA_BYTES);
  readonly #encoder = new Encoder();
  readonly #decoder = new Decoder();
  readonly #table: RequestTable;
  readonly #backlog = new Backlog();
  readonly #freeTasks: number[] = Array.from({ length: TASKS }, (_, i) => TASKS - 1 - i);
  readonly #requestOfTask: (PendingRequest | undefined)[] = Array.from({ length: TASKS }, () => undefined);
  /** How many requests may be in the queue at once. */
  #maxInQueue: number = TASKS;

  constructor(table: RequestTable) {
    this.#table = table;
  }

  /** Requests put and not yet claimed. */
  get waiting(): number {
    return this.#backlog.length + this.#producer.waiting;
  }

  get hasBacklog(): boolean {
    return this.#backlog.length > 0;
  }

  /**
   * Encodes a request's arguments and puts it.
   *
   * @param makeRoom called when the queue is full; may read results
   * @throws PayloadError when an argument cannot cross; then nothing was put
   */
  submit(pending: PendingRequest, callableId: number, transfer: readonly object[], makeRoom: () => void): void {
    const { request } = pending;
    const hasKwds = Object.keys(request.kwds).length > 0;
    const length = this.#encoder.encode(
      hasKwds ? [...request.args, request.kwds] : request.args,
      "args",
      transfer,
    );
    pending.callableId = callableId;
    const { bytes, handles, transferList } = this.#encoder;
    if (handles.length > 0) pending.side = moved(handles, transferList);
    this.#table.add(pending);
    if (this.#backlog.length === 0 && this.#tryPublish(pending, bytes, 0, length)) {
      wakeOne(this.views);
      return;
    }
    this.#backlog.push(pending, bytes, length);
    makeRoom();
    this.refill();
  }

  /**
   * Bounds the results that wait to be read. The bound is kept by giving the workers fewer requests: as
   * many as there may be results, and one in the hands of each worker.
   *
   * @param results 0 for no bound
   */
  limitInQueue(results: number, workers: number): void {
    this.#maxInQueue = results === 0 ? TASKS : Math.min(TASKS, results + workers);
    this.refill();
  }

  /** Moves requests from the backlog to the queue, as many as there is room for. */
  refill(): void {
    for (let pending = this.#backlog.first; pending !== undefined; pending = this.#backlog.first) {
      if (!this.#tryPublish(pending, pending.bytes as Uint8Array, pending.offset, pending.length)) return;
      this.#backlog.shift();
      wakeOne(this.views);
    }
  }

  /** Reads every result that a worker has published. */
  drain(channel: WorkerChannel): void {
    const { reader } = channel;
    if (!reader.hasNext) return;
    while (reader.next()) this.#take(channel);
    if (reader.commit()) unpark(this.views, channel.slot);
  }

  /**
   * Fails what a dead worker had claimed. Call it when the worker can claim no more and its results are read.
   *
   * @returns its tasks; `release` them once the thread is gone, for until then it may read them
   */
  recover(channel: WorkerChannel, exitCode: number | null): number[] {
    const tasks = this.#producer.claimedBy(channel.slot);
    for (const task of tasks) {
      const pending = this.#requestOfTask[task];
      if (pending === undefined) continue;
      this.#requestOfTask[task] = undefined;
      this.#table.outcome(pending, "failed", died(channel, exitCode, pending));
    }
    return tasks;
  }

  /** Takes tasks back for other requests. */
  release(tasks: readonly number[]): void {
    for (const task of tasks) this.#free(task);
  }

  /** Forgets every request; the queue is not used any more. */
  abandon(): void {
    this.#backlog.clear();
    this.#requestOfTask.fill(undefined);
  }

  #tryPublish(pending: PendingRequest, bytes: Uint8Array, offset: number, length: number): boolean {
    if (TASKS - this.#freeTasks.length >= this.#maxInQueue) return false;
    const task = this.#freeTasks.pop();
    if (task === undefined) return false;
    const { words, taskBytes, arenaBytes } = this.views;
    const first = this.views.task(task);
    let place = INLINE;
    if (length <= INLINE_BYTES) {
      copyBytes(bytes, offset, taskBytes, this.views.inline(task), length);
    } else {
      place = length > ARENA_BYTES / LARGEST_ARENA_SHARE ? NO_BLOCK : this.#arena.tryAllocate(length);
      if (place === NO_BLOCK) {
        place = ELSEWHERE;
        pending.spill = spillOf(bytes, offset, length);
      } else {
        copyBytes(bytes, offset, arenaBytes, place, length);
      }
    }
    words[first + TASK_CALLABLE] = pending.callableId;
    words[first + TASK_PLACE] = place;
    words[first + TASK_LENGTH] = length;
    words[first + TASK_FLAGS] =
      pending.side !== undefined || place === ELSEWHERE ? TASK_HAS_SIDE_MESSAGE : NO_TASK_FLAGS;
    words[first + TASK_ATTEMPT] = 0;
    this.#requestOfTask[task] = pending;
    pending.length = length;
    if (this.#producer.tryPut(task)) return true;
    this.#requestOfTask[task] = undefined;
    this.#free(task);
    return false;
  }

  #take(channel: WorkerChannel): void {
    const { reader } = channel;
    const { task, generation } = reader;
    if (!this.#producer.isClaimedBy(task, channel.slot, generation)) return;
    const pending = this.#requestOfTask[task];
    if (pending === undefined) return;
    const status = statusOf(reader.status);
    if (status === FETCH) {
      this.#postSideMessage(channel, pending, task, generation);
      return;
    }
    this.#requestOfTask[task] = undefined;
    this.#free(task);
    let value: unknown;
    try {
      value = this.#decodeResult(channel);
    } catch (error) {
      this.#table.outcome(pending, "failed", error);
      return;
    }
    if (status === SUCCEEDED) this.#table.outcome(pending, "succeeded", value);
    else if (status === DYING) this.#table.outcome(pending, "failed", died(channel, 1, pending, value));
    else this.#table.outcome(pending, "failed", value);
  }

  #decodeResult(channel: WorkerChannel): unknown {
    const { reader } = channel;
    if ((reader.status & RESULT_HAS_SIDE_MESSAGE) === 0) {
      return this.#decoder.decode(reader.bytes, reader.start, reader.end);
    }
    const side = channel.takeSideMessage(reader.task, reader.generation);
    if (side === undefined) throw new PayloadError("A part of the result was lost on its way.", { path: "result" });
    if (side.spill === undefined) {
      return this.#decoder.decode(reader.bytes, reader.start, reader.end, side.handles);
    }
    return this.#decoder.decode(new Uint8Array(side.spill), 0, side.spillBytes, side.handles);
  }

  /** A worker has claimed a request with parts that bytes cannot carry: they go to that worker alone. */
  #postSideMessage(channel: WorkerChannel, pending: PendingRequest, task: number, generation: number): void {
    const handles = pending.side?.handles ?? [];
    const side = { task, generation, spill: pending.spill, spillBytes: pending.length, handles };
    try {
      channel.post({ kind: "side", side }, pending.side?.transferList);
    } catch (error) {
      const cause = new PayloadError("A part of the arguments could not be sent; was it closed meanwhile?", { path: "args", cause: error });
      this.#table.outcome(pending, "failed", cause);
      // The worker waits for a message. Without its parts it cannot decode the arguments, and gives up on them.
      channel.post({ kind: "side", side: { ...side, handles: [] } });
    }
    unpark(this.views, channel.slot);
  }

  #free(task: number): void {
    const place = this.views.words[this.views.task(task) + TASK_PLACE] as number;
    if (place >= 0) this.#arena.free(place);
    this.#producer.release(task);
    this.#freeTasks.push(task);
  }
}

/**
 * Takes buffers that are to be moved from the caller at once, as a transfer does, although they travel
 * on only when a worker asks for them.
 */
function moved(handles: readonly unknown[], transferList: readonly Bun.Transferable[]): SideParts {
  const taken = new Map<unknown, ArrayBuffer>();
  for (const item of transferList) if (item instanceof ArrayBuffer) taken.set(item, item.transfer());
  return {
    handles: handles.map((handle) => taken.get(handle) ?? handle),
    transferList: transferList.map((item) => taken.get(item) ?? item),
  };
}

function died(
  channel: WorkerChannel,
  exitCode: number | null,
  pending: PendingRequest,
  cause?: unknown,
): WorkerDied {
  const how = exitCode === null ? "was terminated" : `ended with exit code ${exitCode}`;
  return new WorkerDied(
    `Worker ${channel.workerId} ${how} while it ran this request: requestID=${String(pending.request.requestID)}`,
    { workerId: channel.workerId, exitCode, cause },
  );
}
