import type { Burial, WorkerPass } from "../../../../native-queue/burial.ts";
import type { RequestProducer } from "../../../../native-queue/request-ring.ts";
import type { ResultReader } from "../../../../native-queue/result-ring.ts";
import type { Actor, World } from "./world.ts";
import { EXIT_CODE, FETCH, RESULT, payloadOf, portOf, resultBytesOf, resultOf } from "./worker.ts";

export interface WorkerPlace {
  readonly slot: number;
  /** The worker's thread. */
  readonly thread: number;
  readonly ring: SharedArrayBuffer;
}

interface WorkerRecord extends WorkerPlace {
  readonly reader: ResultReader;
  state: "running" | "dismissed" | "killed" | "ended";
  held: readonly number[];
}

export type RequestOutcome = "succeeded" | "failed" | "cancelled";

/**
 * The parent of a pool: what `src/pool` does with the queue, without values. It throws when a request is settled
 * twice or with another's result.
 *
 * No field is #private, so that a checkpoint writes them all down.
 */
export class Parent {
  readonly producer: RequestProducer;
  readonly outcomes: Map<number, RequestOutcome> = new Map();
  readonly actor: Actor;
  readonly world: World;
  present: WorkerRecord[] = [];
  readonly free: number[];
  readonly requestOf: Map<number, number> = new Map();
  backlog: number[] = [];
  /** By request: the only slot whose worker may run it. */
  readonly offeredTo: Map<number, number> = new Map();
  readonly pass: WorkerPass<WorkerRecord>;
  heard = 0;
  /** How many of its acts are done. With this, its fields say all about a parent. */
  done = 0;
  readonly killed: Map<number, WorkerRecord> = new Map();
  /**
   * Whether a request that a dead worker held is put again, once. `src/pool` does so later; a burial allows it at
   * once.
   */
  mayRetry = false;
  readonly retried: number[] = [];

  /** Called when a worker that has ended is buried and its slot can serve another. */
  onBuried: (slot: number) => void = () => {};

  constructor(actor: Actor, world: World, places: readonly WorkerPlace[]) {
    this.actor = actor;
    this.world = world;
    this.producer = new world.queue.RequestProducer(world.views);
    this.free = Array.from({ length: world.memory.tasks }, (_, i) => world.memory.tasks - 1 - i);
    this.pass = new world.queue.WorkerPass(world.views, {
      readResults: (record: WorkerRecord) => this.readResults(record),
      bury: (record: WorkerRecord, exitCode) => {
        if (exitCode !== EXIT_CODE)
          throw new Error(`A wrong exit code was read: exitCode=${exitCode}`);
        this.bury(record);
      },
    });
    for (const place of places) this.start(place);
  }

  /** `WorkerSupervisor.create`, but for the thread itself. */
  start(place: WorkerPlace): void {
    const { queue, views } = this.world;
    queue.resetWorker(views, place.slot);
    const slots = Math.max(place.slot, ...this.present.map(({ slot }) => slot)) + 1;
    queue.publishSlotsInUse(views, slots);
    const reader = new queue.ResultReader(place.ring);
    this.present.push({ ...place, reader, state: "running", held: [] });
  }

  /** `Reactor.hasUnread`. */
  readonly hasUnread = (): boolean => {
    for (const { reader } of this.present) if (reader.hasNext) return true;
    return this.pass.hasNewEnds;
  };

  /** `RequestQueue.submit`. */
  submit(...requests: readonly number[]): void {
    for (const request of requests) {
      if (this.backlog.length > 0 || !this.tryPublish(request)) {
        this.backlog.push(request);
        this.react();
        this.refill();
      }
      this.goOn();
    }
  }

  /** `Offers.add`, when a task is free: a request that only the worker of that slot may run. */
  offer(request: number, slot: number): void {
    const task = this.prepare(request);
    this.offeredTo.set(request, slot);
    this.producer.offer(task, slot);
    this.goOn();
  }

  /** `Offers.endFor`: the worker of a slot takes no more requests. */
  private endOffers(slot: number): void {
    for (const [task, request] of this.requestOf) {
      if (this.offeredTo.get(request) !== slot || !this.producer.tryCancel(task)) continue;
      this.requestOf.delete(task);
      this.freeTasks([task]);
      this.settle(request, "cancelled");
    }
  }

  /** `TaskTable.publishHeldBack`: puts several requests, then wakes a worker once. There must be room. */
  submitTogether(...requests: readonly number[]): void {
    const { queue, views } = this.world;
    const tasks = Int32Array.from(requests, (request) => this.prepare(request));
    this.producer.putAll(tasks, tasks.length);
    queue.wakeOne(views);
    this.goOn();
  }

  /** `TaskTable.publishHeldBack` for brief work: puts several requests, and wakes a worker only when all sleep. */
  leaveToOne(...requests: readonly number[]): void {
    const { queue, views } = this.world;
    const tasks = Int32Array.from(requests, (request) => this.prepare(request));
    this.producer.putAll(tasks, tasks.length);
    queue.keepSearch(views);
    if (queue.doAllSleep(views, this.present.length)) queue.wakeOne(views);
    this.goOn();
  }

  /** `RequestQueue.handSearchOn`, before the parent sleeps. */
  handSearchOn(): void {
    const { queue, views } = this.world;
    queue.handSearchOn(views, queue.hasWork);
    this.goOn();
  }

  /** `ThreadPool.cancel`. Does nothing when a worker was faster. */
  cancel(request: number): void {
    for (const [task, other] of this.requestOf) {
      if (other !== request || !this.producer.tryCancel(task)) continue;
      this.requestOf.delete(task);
      this.freeTasks([task]);
      this.settle(request, "cancelled");
    }
    this.goOn();
  }

  /** One more act of the parent is done. */
  private goOn(): void {
    this.done += 1;
    this.actor.checkpoint("goOn", this);
  }

  /** `Reactor.react`. */
  react(): void {
    this.pass.run(this.present);
    this.refill();
  }

  /** `ThreadPool.wait`. Blocks until `count` requests are settled. */
  waitFor(count: number): void {
    const { queue, views } = this.world;
    for (;;) {
      this.actor.checkpoint("waitFor", count, this);
      this.react();
      if (this.outcomes.size >= count) return this.goOn();
      queue.awaitWorkers(views, queue.ARM_FOR_RESULTS, this.hasUnread, 0, Infinity);
    }
  }

  /** `EventLoopDelivery`. The same in the event loop, where the parent hears of threads that are gone. */
  waitInEventLoop(count: number): void {
    const { queue, views } = this.world;
    let promise: Promise<unknown> | undefined;
    for (;;) {
      this.actor.checkpoint("waitInEventLoop", count, promise === undefined, this);
      this.react();
      if (this.outcomes.size >= count) return this.goOn();
      promise ??= queue.awaitWorkersAsync(views, queue.ARM_FOR_RESULTS, this.hasUnread);
      if (promise === undefined) continue;
      const gone = this.actor.eventLoop(promise, this.heard);
      if (gone === "ok") promise = undefined;
      else this.closed(gone);
    }
  }

  /** `ResultWaiter`, where it naps: waits for a limited time without asking to be woken. */
  nap(): void {
    const { queue, views } = this.world;
    queue.nap(views, this.hasUnread, 0.1);
    this.goOn();
  }

  /** `WorkerSupervisor.join`, of all workers. */
  joinAll(): void {
    const { queue, views } = this.world;
    for (;;) {
      this.actor.checkpoint("joinAll", this);
      this.react();
      if (this.present.length === 0) return this.goOn();
      queue.awaitWorkers(views, queue.ARM_FOR_RESULTS, this.hasUnread, 0, Infinity);
    }
  }

  /** Waits until the thread of every killed worker is gone. */
  hearOfAll(): void {
    for (const thread of this.killed.keys()) {
      this.actor.untilDead(thread);
      this.closed(thread);
    }
    this.goOn();
  }

  /** `WorkerSupervisor.dismiss`. */
  dismiss(slot: number): void {
    const { queue, views } = this.world;
    this.recordAt(slot).state = "dismissed";
    queue.dismissAtGate(views, slot);
    queue.unpark(views, slot);
    this.endOffers(slot);
  }

  /** `WorkerSupervisor.kill`. */
  kill(slot: number): void {
    const { queue, views } = this.world;
    const record = this.recordAt(slot);
    record.held = queue.killWorker(views, this.producer, slot, {
      ...this.burialOf(record),
      endThread: () => {
        this.actor.terminate(record.thread);
        record.state = "killed";
      },
    });
    this.killed.set(record.thread, record);
    this.endOffers(slot);
  }

  /** `WorkerSupervisor.workerClosed`: the system says that a thread is gone. */
  private closed(thread: number): void {
    this.heard |= 1 << thread;
    const killed = this.killed.get(thread);
    if (killed !== undefined) {
      killed.state = "ended";
      this.killed.delete(thread);
      this.freeTasks(killed.held);
      this.refill();
      return;
    }
    const record = this.present.find((other) => other.thread === thread);
    if (record === undefined || record.state === "ended") return;
    this.bury(record);
  }

  private bury(record: WorkerRecord): void {
    const { queue, views } = this.world;
    record.state = "ended";
    this.freeTasks(queue.buryWorker(views, this.producer, record.slot, this.burialOf(record)));
    this.endOffers(record.slot);
    this.onBuried(record.slot);
  }

  private burialOf(record: WorkerRecord): Burial {
    return {
      readResults: () => this.readResults(record),
      settle: (tasks) => this.settleHeld(record, tasks),
      live: () => this.present.map(({ slot }) => slot),
    };
  }

  private settleHeld(record: WorkerRecord, tasks: readonly number[]): void {
    this.present = this.present.filter((other) => other !== record);
    this.actor.note({ buried: record.thread });
    for (const task of tasks) {
      const request = this.requestOf.get(task);
      if (request === undefined) continue;
      this.requestOf.delete(task);
      if (this.mayRetry && !this.retried.includes(request)) this.putAgain(request);
      else this.settle(request, "failed");
    }
  }

  private putAgain(request: number): void {
    this.retried.push(request);
    if (!this.tryPublish(request)) this.backlog.unshift(request);
  }

  /** `ResultCollector.readResults`. */
  private readResults({ reader, slot }: WorkerRecord): void {
    const { queue, views } = this.world;
    if (!reader.hasNext) return;
    while (reader.next()) this.take(reader, slot);
    if (reader.commit()) queue.unpark(views, slot);
  }

  private take(reader: ResultReader, slot: number): void {
    const { task, generation, status } = reader;
    if (!this.producer.isInUse(task, generation)) return;
    const request = this.requestOf.get(task);
    if (request === undefined) return;
    if (status === FETCH) return this.postMessage(request, slot);
    const isWhole = status === RESULT && reader.end - reader.start === resultBytesOf(request);
    if (!isWhole || reader.floats[reader.start / 8] !== resultOf(request))
      throw new Error(`The result is not that of the request: request=${request}`);
    this.requestOf.delete(task);
    this.freeTasks([task]);
    this.settle(request, "succeeded");
  }

  /** A worker has asked for the out-of-band message of a request: `WorkerChannel.post`, and the wake-up after it. */
  private postMessage(request: number, slot: number): void {
    const { queue, views } = this.world;
    portOf(this.actor, slot).set(request);
    queue.notePosted(views, slot);
    queue.unpark(views, slot);
  }

  private tryPublish(request: number): boolean {
    if (this.free.length === 0 || !this.producer.hasRoom()) return false;
    const { queue, views } = this.world;
    this.producer.put(this.prepare(request));
    queue.wakeOne(views);
    return true;
  }

  /** Writes a request into a task. */
  private prepare(request: number): number {
    const { queue, views } = this.world;
    const task = this.free.pop() as number;
    views.words[views.inline(task) >> 2] = payloadOf(request);
    views.words[views.task(task) + queue.TASK_CALLABLE] = request;
    this.requestOf.set(task, request);
    return task;
  }

  private refill(): void {
    while (this.backlog.length > 0 && this.tryPublish(this.backlog[0] as number))
      this.backlog.shift();
  }

  private freeTasks(tasks: readonly number[]): void {
    for (const task of tasks) {
      if (this.free.includes(task)) throw new Error(`A task is freed twice: task=${task}`);
      this.producer.release(task);
      this.free.push(task);
    }
  }

  private settle(request: number, outcome: RequestOutcome): void {
    if (this.outcomes.has(request))
      throw new Error(`The request is settled twice: request=${request}`);
    this.outcomes.set(request, outcome);
    this.actor.note({ request, outcome });
  }

  private recordAt(slot: number): WorkerRecord {
    return this.present.find((record) => record.slot === slot) as WorkerRecord;
  }
}
