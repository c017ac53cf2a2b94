/**
 * The parent's ends of the queues of two workers, of which one publishes damaged results: whatever it publishes,
 * nothing is thrown, the other worker's requests get their results, and each request is settled once.
 */
import {
  ResultReader,
  ResultWriter,
  buryWorker,
  claim,
  createResultRing,
  generationOfTask,
} from "../../native-queue/index.ts";
import { Encoder } from "../../src/codec/objects.ts";
import { WorkerDied } from "../../src/errors.ts";
import { CallbackRequest } from "../../src/pool/request/pending-request.ts";
import { isOutOfBandMessage, SUCCEEDED } from "../../src/protocol/index.ts";
import type { OutOfBandMessage } from "../../src/protocol/index.ts";
import type { WorkerChannel } from "../../src/pool/queue/worker-channel.ts";
import { WorkRequest } from "../../src/pool/request/work-request.ts";
import { queueRoom } from "../pool/pool-parts.ts";
import type { Random } from "../storm/random.ts";
import { Finding } from "./fuzz-target.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { hostileFrame } from "./hostile-frames.ts";
import { damage } from "./ring-target.ts";

const RING_BYTES = 4096;
const HOSTILE = 0;
const GOOD = 1;

/** A worker as the parent sees it, without a thread. */
interface FakeWorker {
  readonly channel: WorkerChannel;
  readonly writer: ResultWriter;
  readonly ringWords: Int32Array;
  readonly tasks: number[];
}

interface Put {
  readonly request: WorkRequest;
  owner: number;
  /** By outcome: delivered how often, and with what. */
  readonly delivered: unknown[];
}

const encoder = new Encoder();

export const collectorTarget: FuzzTarget = {
  name: "collector",
  run: (random) => new Run(random).run(),
};

/** One queue serves many runs, as one pool serves many workers. */
const { channels, tasks, table, queue, collector } = queueRoom();
const { views } = channels;

class Run {
  readonly #random: Random;
  readonly #workers: readonly FakeWorker[];
  readonly #puts: Put[] = [];
  readonly #putOfTask = new Map<number, Put>();

  constructor(random: Random) {
    this.#random = random;
    this.#workers = [HOSTILE, GOOD].map((slot) => fakeWorker(slot, random));
  }

  run(): void {
    const [hostile, good] = this.#workers as [FakeWorker, FakeWorker];
    for (let count = this.#random.between(1, 12); count > 0; count--) this.#put(count);
    this.#claimAll();
    const later = good.tasks.splice(this.#random.between(0, good.tasks.length));
    for (const task of hostile.tasks) if (this.#random.chance(0.8)) this.#publishHostile(task);
    for (const task of good.tasks) this.#publishGood(task);
    if (this.#random.chance(0.7)) damage(this.#random, hostile.ringWords);

    const isSound = this.#read(hostile);
    if (!this.#read(good)) throw new Finding("A good worker's results were refused.");
    this.#bury(hostile, isSound);
    for (const task of later) this.#publishGood(task);
    this.#read(good);
    this.#deliver();
    this.#check();
  }

  #put(value: number): void {
    const delivered: unknown[] = [];
    const note = (_: unknown, outcome: unknown): void => void delivered.push(outcome);
    const request = new WorkRequest(echo, [value], {}, { callback: note, excCallback: note });
    this.#puts.push({ request, owner: HOSTILE, delivered });
    queue.submit(new CallbackRequest(request, 0), [value], undefined);
  }

  #claimAll(): void {
    for (const put of this.#puts) {
      put.owner = this.#random.between(HOSTILE, GOOD);
      const task = claim(views, put.owner);
      if (task < 0) throw new Finding("A request that was put cannot be claimed.");
      this.#workers[put.owner]?.tasks.push(task);
      this.#putOfTask.set(task, put);
    }
  }

  #publishGood(task: number): void {
    const value = this.#putOfTask.get(task)?.request.args[0];
    const length = encoder.encode({ value }, "result");
    publish(this.#workers[GOOD] as FakeWorker, task, encoder.bytes.subarray(0, length), SUCCEEDED);
  }

  #publishHostile(task: number): void {
    const payload = hostileFrame(this.#random).subarray(0, 200);
    const status = this.#random.pick([1, 1, 2, 3, 4, 0, 5, 0xff, 0x101, 0x201, 0x102, 0x400, -1]);
    const named = this.#random.chance(0.9) ? task : this.#random.between(-1, 1024);
    publish(this.#workers[HOSTILE] as FakeWorker, named, payload, status);
  }

  #read({ channel }: FakeWorker): boolean {
    try {
      return collector.readResults(channel);
    } catch (error) {
      throw new Finding("The collector has thrown.", { cause: error });
    }
  }

  /** As the supervisor does with a worker that it has killed. */
  #bury({ channel }: FakeWorker, isSound: boolean): void {
    if (isSound === (channel.fault !== undefined)) {
      throw new Finding("The collector does not say what was wrong.");
    }
    const tasksHeld = buryWorker(views, tasks.producer, channel.slot, {
      readResults: () => void collector.readResults(channel),
      settle: (held) => {
        for (const task of held) collector.settleLost(channel, task, null);
      },
      live: () => [],
    });
    for (const task of tasksHeld) tasks.free(task);
  }

  #deliver(): void {
    try {
      table.deliverAll();
    } catch (error) {
      throw new Finding("An outcome cannot be delivered.", { cause: error });
    }
  }

  #check(): void {
    if (table.size > 0 || queue.waiting > 0) throw new Finding("A request was not settled.");
    for (const { request, owner, delivered } of this.#puts) {
      if (delivered.length !== 1) {
        throw new Finding(`A request was settled more than once: times=${delivered.length}`);
      }
      const [outcome] = delivered as [{ value?: unknown }];
      if (owner === GOOD && outcome?.value !== request.args[0]) {
        throw new Finding("The request of another worker has suffered.", { cause: outcome });
      }
      const died: unknown = Array.isArray(outcome) ? outcome[1] : undefined;
      if (died instanceof WorkerDied && owner === GOOD) {
        throw new Finding("The request of another worker has failed.");
      }
    }
  }
}

function publish({ writer }: FakeWorker, task: number, payload: Uint8Array, status: number): void {
  const at = writer.tryReserve(payload.length);
  if (at < 0) return;
  writer.bytes.set(payload, at);
  const generation = task >= 0 && task < 1024 ? generationOfTask(views, task) : 0;
  writer.publish(task, generation, status, payload.length);
}

function fakeWorker(slot: number, random: Random): FakeWorker {
  const ring = createResultRing(RING_BYTES);
  const channel = {
    slot,
    workerId: slot + 1,
    reader: new ResultReader(ring),
    results: 0,
    fault: undefined,
    post: () => {},
    takeOutOfBand: (task: number, generation: number): OutOfBandMessage | undefined => {
      const message = hostileMessage(random, task, generation);
      return isOutOfBandMessage(message) ? message : undefined;
    },
  } as unknown as WorkerChannel;
  const ringWords = new Int32Array(ring);
  return { channel, writer: new ResultWriter(ring), ringWords, tasks: [] };
}

/** What a worker may post beside a result: of its own shape or of any other. */
function hostileMessage(random: Random, task: number, generation: number): unknown {
  const frame = hostileFrame(random);
  const spill = new SharedArrayBuffer(frame.length);
  new Uint8Array(spill).set(frame);
  const odd = (): unknown => random.pick([undefined, null, -1, 1e12, NaN, "1", {}, [], spill]);
  const message: Record<string, unknown> = {
    task,
    generation,
    spill,
    spillBytes: frame.length,
    handles: [5, null, {}, new ArrayBuffer(2)],
  };
  if (random.chance(0.1)) return odd();
  if (random.chance(0.5)) message[random.pick(Object.keys(message))] = odd();
  return message;
}

function echo<T>(value: T): T {
  return value;
}
