import { DuplicateRequest, PoolClosed } from "../errors.ts";
import type { RequestID } from "../index.ts";
import { CallSites } from "../pool/request/call-site.ts";
import { Date, Map, printError, process, Promise, promiseWithResolvers } from "../runtime/index.ts";
import { ClusterCounts } from "./cluster-stats.ts";
import type { ClusterStats } from "./cluster-stats.ts";
import type { ResolvedClusterOptions } from "./cluster-options.ts";
import type { Link } from "./connection.ts";
import { sayControl } from "./control-stream.ts";
import type { ControlMessage } from "./control-stream.ts";
import { FEW_EVENTS } from "./engine.ts";
import type { Engine, Queue, Worker } from "./engine.ts";
import { hostName } from "./host-name.ts";
import { MachineList } from "./machine-list.ts";
import type { SentResult } from "./messages.ts";
import { ClusterNames } from "./names.ts";
import { notServed, Outbox } from "./outbox.ts";
import { Pending } from "./pending.ts";
import type { Recipient, RequestLimits } from "./pending.ts";
import { ProducerPresenceKeeper } from "./producer-presence.ts";
import { Reconciliation } from "./reconciliation.ts";
import { startResultReader } from "./result-reader.ts";
import { Room } from "./room.ts";
import { ToldCancellations } from "./told-cancellations.ts";
import { carrierHere } from "./trace.ts";
import type { ClusterTraceCarrier } from "./trace.ts";
import { mostOfRequests, travellingBytes } from "./travelling-bytes.ts";
import { fromSent, sizeOfSent, toSent } from "./values.ts";
import type { SentValue } from "./values.ts";
import { Warnings } from "./warnings.ts";

/** What is asked for. */
export interface Call {
  readonly callable: string;
  readonly args: readonly unknown[];
  readonly requestID?: RequestID | undefined;
  readonly limits: RequestLimits;
}

/** A call whose arguments can leave the machine. */
export interface CheckedCall extends Omit<Call, "args"> {
  readonly sent: SentValue;
  /** What the request takes in a job. */
  readonly bytes: number;
  readonly trace: ClusterTraceCarrier | undefined;
}

/**
 * The producer's side of a cluster: the table of the pending requests, and the parts that send them and read their results.
 *
 * The table makes the callbacks happen once: a request is removed from it before its callback is called, and a result whose
 * request is not there is only counted.
 */
export class Producer {
  readonly options: ResolvedClusterOptions;
  readonly counts: ClusterCounts = new ClusterCounts();
  readonly room: Room;
  readonly machines: MachineList;
  readonly #link: Link;
  readonly #names: ClusterNames;
  readonly #requests: Queue;
  readonly #results: Queue;
  readonly #reader: Worker;
  readonly #outbox: Outbox;
  readonly #reconciliation: Reconciliation;
  readonly #presence: ProducerPresenceKeeper;
  readonly #warnings: Warnings;
  readonly #cancellations: ToldCancellations;
  readonly #callSites = new CallSites();
  readonly #table = new Map<number, Pending>();
  readonly #byRequestID = new Map<RequestID, Pending | undefined>();
  #state: "open" | "closing" | "closed" = "open";
  #lastId = 0;
  #settledWaiters: (() => void)[] = [];

  constructor(options: ResolvedClusterOptions, engine: Engine, link: Link) {
    this.options = options;
    this.#link = link;
    this.#names = new ClusterNames(options.name, options.prefix);
    this.#warnings = new Warnings(options.onWarning);
    this.#cancellations = new ToldCancellations((ids) =>
      this.say({ op: "cancel", life: options.life, ids }),
    );
    this.room = new Room(options.maxOutstanding);
    this.machines = new MachineList(this.#names, options.version);
    const { connection } = link;
    const { prefix } = options;
    const queueOf = (name: string): Queue => {
      const queue = new engine.Queue(name, { connection, prefix, streams: FEW_EVENTS });
      queue.on("error", () => {});
      return queue;
    };
    this.#requests = queueOf(this.#names.requests(options.version));
    this.#results = queueOf(this.#names.results(options.producer));
    this.#outbox = new Outbox({
      queue: this.#requests,
      producer: options.producer,
      life: options.life,
      mostBytes: mostOfRequests(options.maxPayloadBytes),
      capacity: () => this.machines.capacity,
      fail: (pending, error) => this.#fail(pending, error),
      warn: (error) => this.#warnings.connection(error),
    });
    this.#reconciliation = new Reconciliation({
      outbox: this.#outbox,
      requests: this.#requests,
      overdueMs: options.overdueMs,
      fail: (pending, error) => this.#fail(pending, error),
    });
    this.#reader = startResultReader({
      engine,
      connection,
      names: this.#names,
      options,
      settle: (machine, result) => this.#settle(machine, result),
      refused: (refused) => this.#outbox.refused(refused),
      unclaimed: (machine, result) => this.#unclaimed(machine, result),
      warn: (error) => this.#warnings.connection(error),
    });
    this.#presence = new ProducerPresenceKeeper({
      link,
      names: this.#names,
      producer: options.producer,
      presence: {
        life: options.life,
        version: options.version,
        host: hostName(),
        pid: process.pid,
      },
      onSuperseded: () => this.#superseded(),
      onBeat: () => this.#afterBeat(),
      onReturn: () => this.#reconciliation.afterOutage(),
    });
  }

  /** Waits until results can come and the machines are known. */
  async start(): Promise<void> {
    await Promise.all([this.#requests.waitUntilReady(), this.#reader.waitUntilReady()]);
    await this.#presence.enter();
  }

  /** Requests without an outcome. */
  get pending(): number {
    return this.#table.size;
  }

  checkOpen(): void {
    if (this.#state !== "open")
      throw new PoolClosed("The ClusterPool is closed; connect another one: state=closed");
  }

  /**
   * Makes of the arguments what can be sent.
   *
   * @throws PayloadError that names what cannot leave the machine, or what is too large
   */
  check({ args, ...call }: Call): CheckedCall {
    const sent = toSent(args, "args");
    const trace = carrierHere(this.options.trace);
    const { maxPayloadBytes } = this.options;
    const bytes = travellingBytes(call, sizeOfSent(sent), trace, maxPayloadBytes);
    return { ...call, sent, bytes, trace };
  }

  /** Holds a requestID for a request that waits for room. Throws DuplicateRequest when it is pending. */
  reserve(requestID: RequestID): void {
    if (this.#byRequestID.has(requestID))
      throw new DuplicateRequest(
        `A request with this requestID is pending: wait for it, or give this one another requestID: requestID=${String(requestID)}`,
      );
    this.#byRequestID.set(requestID, undefined);
  }

  release(requestID: RequestID): void {
    this.#byRequestID.delete(requestID);
  }

  /** Puts a request that has room. */
  put(call: CheckedCall, recipient: Recipient): Pending {
    this.#lastId += 1;
    const { callable, requestID, sent, bytes, limits, trace } = call;
    const id = this.#lastId;
    const site = this.#callSites.ofBurst ?? this.#callSites.capture();
    const parts = { id, callable, requestID, args: sent, bytes, limits, trace, site };
    const pending = new Pending(parts, recipient);
    this.#table.set(pending.id, pending);
    if (requestID !== undefined) this.#byRequestID.set(requestID, pending);
    this.counts.put += 1;
    this.#outbox.put(pending);
    return pending;
  }

  /** The pending request with that requestID. */
  find(requestID: RequestID): Pending | undefined {
    return this.#byRequestID.get(requestID);
  }

  /** Ends a request that is pending: it fails with the reason, and machines hear that nobody waits for it. */
  cancel(pending: Pending, reason: unknown): boolean {
    if (pending.state === "settled") return false;
    const wasSent = this.#remove(pending, false);
    this.counts.cancelled += 1;
    if (wasSent) this.#cancellations.add(pending.id);
    pending.fail(reason);
    this.#checkSettled();
    return true;
  }

  settled(): Promise<void> {
    if (this.#isSettled) return Promise.resolve();
    const { promise, resolve } = promiseWithResolvers<void>();
    this.#settledWaiters.push(resolve);
    return promise;
  }

  /** Says something to all machines. */
  async say(message: ControlMessage): Promise<void> {
    await sayControl(this.#link, this.#names.control, message);
  }

  stats(): ClusterStats {
    const { put, succeeded, failed, cancelled, late, unclaimed, repeated } = this.counts;
    return {
      put,
      pending: this.#table.size,
      succeeded,
      failed,
      cancelled,
      late,
      unclaimed,
      repeated,
      resubmitted: this.#outbox.resubmitted,
      chunks: [...this.#outbox.chunks].length,
      machines: this.counts.machines(this.machines.machines),
    };
  }

  /** Takes no more requests. */
  beginClosing(): void {
    if (this.#state === "open") this.#state = "closing";
  }

  /** Fails what is pending, and closes the connections. */
  async end(reason: () => Error): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.room.refuseAll();
    this.#failAll(reason);
    this.#outbox.close();
    this.#reconciliation.stop();
    await this.#cancellations.flush();
    await this.#presence.leave(this.#reader, this.#results);
    await Promise.allSettled([this.#requests.close(), this.#results.close()]);
    this.#link.close();
  }

  get #isSettled(): boolean {
    return this.#table.size === 0 && this.room.waiting === 0;
  }

  #settle(machine: string, result: SentResult): void {
    this.counts.note(machine, result);
    this.#callSites.endBurst();
    const pending = this.#table.get(result.id);
    if (pending === undefined) {
      if (result.outcome !== "progress") this.counts.late += 1;
      return;
    }
    if (result.outcome === "lost") return this.#outbox.giveUp(pending);
    let value: unknown;
    let isSuccess = result.outcome !== "failed";
    try {
      value = fromSent(result);
    } catch (error) {
      value = error;
      isSuccess = false;
    }
    if (result.outcome === "progress") {
      if (isSuccess) pending.report(value);
      return;
    }
    this.#outbox.measure(pending, result.ms);
    this.#remove(pending, true);
    this.counts[isSuccess ? "succeeded" : "failed"] += 1;
    if (isSuccess) pending.succeed(value);
    else pending.fail(value, { machine, attempt: result.attempt });
    this.#checkSettled();
  }

  #unclaimed(machine: string, result: SentResult): void {
    const { callable, requestID, outcome } = result;
    if (outcome !== "succeeded" && outcome !== "failed") return;
    this.counts.unclaimed += 1;
    const { onUnclaimed } = this.options;
    if (onUnclaimed === undefined) return;
    try {
      onUnclaimed({ callable, requestID, outcome, value: fromSent(result), machine });
    } catch (error) {
      this.#warnings.tell(error);
    }
  }

  #fail(pending: Pending, error: Error): void {
    if (pending.state === "settled") return;
    this.#remove(pending, false);
    this.counts.failed += 1;
    pending.fail(error);
    this.#checkSettled();
  }

  #failAll(reason: () => Error): void {
    for (const pending of this.#table.values()) {
      if (pending.state === "sent") this.#cancellations.add(pending.id);
      this.#fail(pending, reason());
    }
  }

  /** Returns whether it was sent. */
  #remove(pending: Pending, hasResult: boolean): boolean {
    this.#table.delete(pending.id);
    if (pending.requestID !== undefined) this.#byRequestID.delete(pending.requestID);
    const wasSent = this.#outbox.end(pending, hasResult);
    this.room.give();
    return wasSent;
  }

  #checkSettled(): void {
    if (this.#settledWaiters.length === 0 || !this.#isSettled) return;
    const waiters = this.#settledWaiters;
    this.#settledWaiters = [];
    for (const resolve of waiters) resolve();
  }

  async #afterBeat(): Promise<void> {
    await this.machines.refresh(this.#link);
    await this.#cancellations.flush();
    const { unservedSince, versions } = this.machines;
    const { version, versionTimeoutMs } = this.options;
    if (unservedSince === undefined) return this.#warnings.served();
    if (this.#table.size === 0 || Date.now() - unservedSince < versionTimeoutMs) return;
    if (versions.length > 0) this.#failAll(() => notServed(version, versions));
    else this.#warnings.noMachine(this.options.name);
  }

  #superseded(): void {
    const message = `Another program has connected with the same producer name, and gets the results now: producer=${this.options.producer}`;
    void this.end(() => new PoolClosed(message)).catch((error: unknown) => printError(error));
  }
}
