/** What the parent does with the queue: `src/exchange.ts`, `crew.ts` and `delivery.ts`, without values. */
import type { Burial, WorkerPass } from "../../../../native-queue/burial.ts";
import type { RequestProducer } from "../../../../native-queue/request-ring.ts";
import type { ResultReader } from "../../../../native-queue/result-ring.ts";
import type { Actor, World } from "./world.ts";
import { EXIT_CODE, payloadOf, resultOf } from "./worker.ts";

export interface MemberOptions {
  readonly slot: number;
  /** The worker's thread. */
  readonly thread: number;
  readonly ring: SharedArrayBuffer;
}

interface WorkerRecord extends MemberOptions {
  readonly reader: ResultReader;
  state: "running" | "dismissed" | "killed" | "ended";
  held: readonly number[];
}

export type RequestOutcome = "succeeded" | "failed" | "cancelled";

/**
 * The parent of a pool. It throws when a request is settled twice or with another's result.
 *
 * Its fields are no #private ones: a checkpoint writes them all down.
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
  readonly pass: WorkerPass<WorkerRecord>;
  heard = 0;
  /** How much of what it has to do is done: with this, its fields say all about a parent. */
  done = 0;
  readonly killed: Map<number, WorkerRecord> = new Map();

  /** Called when a worker that has ended was taken out and its slot can serve another. */
  onBuried: (slot: number) => void = () => {};

  constructor(actor: Actor, world: World, members: readonly MemberOptions[]) {
    this.actor = actor;
    this.world = world;
    this.producer = new world.queue.RequestProducer(world.views);
    this.free = Array.from({ length: world.memory.tasks }, (_, i) => world.memory.tasks - 1 - i);
    this.pass = new world.queue.WorkerPass(world.views, {
      readResults: (member: WorkerRecord) => this.readResults(member),
      bury: (member: WorkerRecord, exitCode) => {
        if (exitCode !== EXIT_CODE)
          throw new Error(`A wrong exit code was read: exitCode=${exitCode}`);
        this.bury(member);
      },
    });
    for (const member of members) this.start(member);
  }

  /** `WorkerSupervisor.start`, but for the thread itself. */
  start(options: MemberOptions): void {
    const { queue, views } = this.world;
    queue.resetWorker(views, options.slot);
    const slots = Math.max(options.slot, ...this.present.map(({ slot }) => slot)) + 1;
    queue.publishSlotsInUse(views, slots);
    const reader = new queue.ResultReader(options.ring);
    this.present.push({ ...options, reader, state: "running", held: [] });
  }

  readonly hasUnread = (): boolean => {
    for (const { reader } of this.present) if (reader.hasNext) return true;
    return this.pass.hasNewEnds;
  };

  /** `Exchange.submit`. */
  submit(...requests: readonly number[]): void {
    for (const request of requests) {
      if (this.backlog.length > 0 || !this.tryPublish(request)) {
        this.backlog.push(request);
        this.collect();
        this.refill();
      }
      this.goOn();
    }
  }

  /** `ThreadPool.cancel`: does nothing when a worker was faster. */
  cancel(request: number): void {
    for (const [task, other] of this.requestOf) {
      if (other !== request || !this.producer.tryCancel(task)) continue;
      this.requestOf.delete(task);
      this.release([task]);
      this.settle(request, "cancelled");
    }
    this.goOn();
  }

  /** One more thing that the parent had to do is done. */
  private goOn(): void {
    this.done += 1;
    this.actor.checkpoint("goOn", this);
  }

  /** `WorkerSupervisor.collect`. */
  collect(): void {
    this.pass.run(this.present);
    this.refill();
  }

  /** `ThreadPool.wait`: blocks until `count` requests are settled. */
  waitFor(count: number): void {
    const { queue, views } = this.world;
    for (;;) {
      this.actor.checkpoint("waitFor", count, this);
      this.collect();
      if (this.outcomes.size >= count) return this.goOn();
      queue.awaitWorkers(views, queue.ARM_FOR_RESULTS, this.hasUnread, 0, Infinity);
    }
  }

  /** `Delivery`: the same in the event loop, which hears of threads that are gone. */
  waitInEventLoop(count: number): void {
    const { queue, views } = this.world;
    let promise: Promise<unknown> | undefined;
    for (;;) {
      this.actor.checkpoint("waitInEventLoop", count, promise === undefined, this);
      this.collect();
      if (this.outcomes.size >= count) return this.goOn();
      promise ??= queue.awaitWorkersAsync(views, queue.ARM_FOR_RESULTS, this.hasUnread);
      if (promise === undefined) continue;
      const gone = this.actor.eventLoop(promise, this.heard);
      if (gone === "ok") promise = undefined;
      else this.closed(gone);
    }
  }

  /** `ResultWaiter`, where it pays: waits for a moment without asking to be woken. */
  nap(): void {
    const { queue, views } = this.world;
    queue.nap(views, this.hasUnread, 0.1);
    this.goOn();
  }

  /** `WorkerSupervisor.join`, of all. */
  joinAll(): void {
    const { queue, views } = this.world;
    for (;;) {
      this.actor.checkpoint("joinAll", this);
      this.collect();
      if (this.present.length === 0) return this.goOn();
      queue.awaitWorkers(views, queue.ARM_FOR_RESULTS, this.hasUnread, 0, Infinity);
    }
  }

  /** Waits until every killed worker is gone. */
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
    this.member(slot).state = "dismissed";
    queue.dismissAtGate(views, slot);
    queue.unpark(views, slot);
  }

  /** `WorkerSupervisor.kill`. */
  kill(slot: number): void {
    const { queue, views } = this.world;
    const member = this.member(slot);
    member.held = queue.killWorker(views, this.producer, slot, {
      ...this.burialOf(member),
      endThread: () => {
        this.actor.terminate(member.thread);
        member.state = "killed";
      },
    });
    this.killed.set(member.thread, member);
  }

  /** `WorkerSupervisor.closed`: the system says that a thread is gone. */
  private closed(thread: number): void {
    this.heard |= 1 << thread;
    const killed = this.killed.get(thread);
    if (killed !== undefined) {
      killed.state = "ended";
      this.killed.delete(thread);
      this.release(killed.held);
      this.refill();
      return;
    }
    const member = this.present.find((other) => other.thread === thread);
    if (member === undefined || member.state === "ended") return;
    this.bury(member);
  }

  private bury(member: WorkerRecord): void {
    const { queue, views } = this.world;
    member.state = "ended";
    this.release(queue.buryWorker(views, this.producer, member.slot, this.burialOf(member)));
    this.onBuried(member.slot);
  }

  private burialOf(member: WorkerRecord): Burial {
    return {
      readResults: () => this.readResults(member),
      settle: (tasks) => this.settleHeld(member, tasks),
      live: () => this.present.map(({ slot }) => slot),
    };
  }

  private settleHeld(member: WorkerRecord, tasks: readonly number[]): void {
    for (const task of tasks) {
      const request = this.requestOf.get(task);
      if (request === undefined) continue;
      this.requestOf.delete(task);
      this.settle(request, "failed");
    }
    this.present = this.present.filter((other) => other !== member);
    this.actor.note({ buried: member.thread });
  }

  /** `Exchange.drain`. */
  private readResults({ reader, slot }: WorkerRecord): void {
    const { queue, views } = this.world;
    if (!reader.hasNext) return;
    while (reader.next()) this.take(reader);
    if (reader.commit()) queue.unpark(views, slot);
  }

  private take(reader: ResultReader): void {
    const { task, generation } = reader;
    if (!this.producer.isInUse(task, generation)) return;
    const request = this.requestOf.get(task);
    if (request === undefined) return;
    const isWhole = reader.end - reader.start === 8 && reader.status === 1;
    if (!isWhole || reader.floats[reader.start / 8] !== resultOf(request))
      throw new Error(`The result is not that of the request: request=${request}`);
    this.requestOf.delete(task);
    this.release([task]);
    this.settle(request, "succeeded");
  }

  private tryPublish(request: number): boolean {
    if (this.free.length === 0 || !this.producer.hasRoom()) return false;
    const { queue, views } = this.world;
    const task = this.free.pop() as number;
    views.words[views.inline(task) >> 2] = payloadOf(request);
    views.words[views.task(task) + queue.TASK_CALLABLE] = request;
    this.requestOf.set(task, request);
    this.producer.put(task);
    queue.wakeOne(views);
    return true;
  }

  private refill(): void {
    while (this.backlog.length > 0 && this.tryPublish(this.backlog[0] as number))
      this.backlog.shift();
  }

  private release(tasks: readonly number[]): void {
    for (const task of tasks) {
      if (this.free.includes(task)) throw new Error(`A task is released twice: task=${task}`);
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

  private member(slot: number): WorkerRecord {
    return this.present.find((member) => member.slot === slot) as WorkerRecord;
  }
}
