import { boardVersion, handOnHelp, takeChild } from "../../native-queue/index.ts";
import type { RootUse, TakenChild, WorkerGate } from "../../native-queue/index.ts";
import { explainFailure } from "../callable/load.ts";
import { LazyDecoder } from "../codec/index.ts";
import { DataView, Promise, Set, isThenable } from "../runtime/index.ts";
import type { BufferNames } from "./buffer-names.ts";
import { PREFIX_BYTES, callableMark, isAsyncMark } from "./child-format.ts";
import type { ChildHead } from "./child-format.ts";
import { loadCallableOf, loadedCallableOf } from "./callables.ts";
import type { AnyFunction, ChildCallable } from "./callables.ts";
import type { LocalChildren } from "./local-children.ts";
import { OutcomeSender } from "./outcome-sender.ts";
import { TakenRun } from "./taken-run.ts";

/** Takes children of other workers, and runs them. */
export class Taker {
  readonly #gate: WorkerGate;
  readonly #workerId: number;
  readonly #names: BufferNames;
  readonly #local: LocalChildren;
  readonly #sender: OutcomeSender;
  readonly #reap: () => void;
  readonly #decoder: LazyDecoder;
  /** The marks of children whose callables this worker has. */
  readonly #marks = new Set<number>();
  /** The marks of children with a buffer that had not arrived. */
  readonly #unreadable = new Set<number>();
  /** The children that it runs. */
  readonly #running = new Set<TakenChild>();
  #versionSeen = 0;
  #from = 0;

  /** @param reap looks at what this thread itself has offered, while it waits for others */
  constructor(
    gate: WorkerGate,
    workerId: number,
    names: BufferNames,
    local: LocalChildren,
    reap: () => void,
  ) {
    this.#gate = gate;
    this.#workerId = workerId;
    this.#names = names;
    this.#local = local;
    this.#reap = reap;
    this.#sender = new OutcomeSender(gate, names, reap);
    this.#from = gate.worker + 1;
    this.#decoder = new LazyDecoder(names.bufferOf, "args");
    names.onArrival(() => this.#unreadable.clear());
  }

  /** Whether a child may be offered that a helper has not looked at. */
  get mayFind(): boolean {
    return boardVersion(this.#gate.views) !== this.#versionSeen;
  }

  /** How many children of others this thread runs. */
  get running(): number {
    return this.#running.size;
  }

  /** Worker without a request, at the queue: takes a child of any tree, and stays there. */
  take(): TakenChild | undefined {
    return this.#gate.takeChild(() => this.#takeOf(undefined, () => true));
  }

  /** Runs a child that `take` has returned. Resolves when its outcome is sent; undefined when that is so at once. */
  run(taken: TakenChild): Promise<void> | undefined {
    const head = this.#headOf(taken);
    const callable = loadedCallableOf(head[0]);
    const args = callable === undefined ? undefined : this.#argsOf(taken);
    if (callable === undefined || args === undefined) return this.#prepareAndRun(taken, head);
    return this.#call(taken, head, args, callable);
  }

  /** Takes and begins a child of a tree while this thread waits in its event loop. Returns whether there was one. */
  tryHelp(use: RootUse | undefined): boolean {
    const taken = this.#takeToHelp(use, () => true);
    // Nobody waits for it here: it may wait in turn for what this thread has offered.
    if (taken !== undefined) void this.run(taken);
    return taken !== undefined;
  }

  /** The same while this thread blocks: only a child that needs no turn of the event loop to begin. */
  tryHelpSync(use: RootUse | undefined): boolean {
    const taken = this.#takeToHelp(
      use,
      (mark) =>
        this.#marks.has(callableMark(mark)) && !this.#unreadable.has(mark) && !isAsyncMark(mark),
    );
    if (taken === undefined) return false;
    const head = this.#headOf(taken);
    const callable = loadedCallableOf(head[0]);
    const args = callable === undefined ? undefined : this.#argsOf(taken);
    if (callable === undefined || args === undefined) {
      this.#unreadable.add(taken.mark);
      this.#sender.giveBack(taken);
    } else {
      this.#callBlocking(taken, head, args, callable);
    }
    return true;
  }

  /** The worker ends because of an error that was not caught: so do the children that it runs. */
  failAll(error: unknown): void {
    for (const taken of this.#running) this.#sender.sendFailureSync(taken, error);
  }

  #takeToHelp(
    use: RootUse | undefined,
    accepts: (mark: number) => boolean,
  ): TakenChild | undefined {
    if (use === undefined || !this.mayFind) return undefined;
    const version = boardVersion(this.#gate.views);
    const taken = this.#gate.tryEnter() ? this.#takeOf(use.task, accepts) : undefined;
    if (taken !== undefined) handOnHelp(this.#gate, use.task);
    const isAlive = this.#gate.leave();
    if (taken === undefined) this.#versionSeen = version;
    return isAlive ? taken : undefined;
  }

  #takeOf(
    rootTask: number | undefined,
    accepts: (mark: number) => boolean,
  ): TakenChild | undefined {
    const taken = takeChild(this.#gate, this.#workerId, this.#from, { rootTask, accepts });
    if (taken !== undefined) this.#from = taken.owner;
    return taken;
  }

  #headOf({ payload }: TakenChild): ChildHead {
    const end = PREFIX_BYTES + prefixOf(payload, 1);
    return this.#decoder.made.decode(payload, PREFIX_BYTES, end) as ChildHead;
  }

  /** The arguments of a child; undefined while a buffer among them has not arrived. */
  #argsOf({ payload }: TakenChild): readonly unknown[] | undefined {
    this.#names.hasMissed = false;
    try {
      const start = PREFIX_BYTES + prefixOf(payload, 1);
      return this.#decoder.made.decode(payload, start, payload.length) as unknown[];
    } catch (error) {
      if (this.#names.hasMissed) return undefined;
      throw error;
    }
  }

  async #prepareAndRun(taken: TakenChild, head: ChildHead): Promise<void> {
    let callable: ChildCallable;
    let args: readonly unknown[] | undefined;
    try {
      callable = await loadCallableOf(head[0]);
      args = this.#argsOf(taken);
      if (args === undefined) {
        // It was posted before this worker listened: it never comes.
        if (prefixOf(taken.payload, 0) < this.#names.listener) return this.#sender.giveBack(taken);
        args = await this.#argsWhenTheyHaveArrived(taken);
      }
    } catch (error) {
      return this.#sender.sendFailure(taken, error);
    }
    await this.#call(taken, head, args, callable);
  }

  #argsWhenTheyHaveArrived(taken: TakenChild): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      const stop = this.#names.onArrival(() => {
        try {
          const args = this.#argsOf(taken);
          if (args === undefined) return;
          stop();
          resolve(args);
        } catch (error) {
          stop();
          reject(error);
        }
      });
    });
  }

  #begin(taken: TakenChild, [callable, requestID, attempt, timeoutMs]: ChildHead): TakenRun {
    this.#marks.add(callableMark(taken.mark));
    this.#running.add(taken);
    const run = new TakenRun(
      this.#gate,
      taken,
      callable,
      requestID,
      this.#workerId,
      attempt,
      timeoutMs,
    );
    run.onStop = () => {
      this.#reap();
      run.tellStops();
    };
    return run;
  }

  #call(
    taken: TakenChild,
    head: ChildHead,
    args: readonly unknown[],
    { call }: ChildCallable,
  ): Promise<void> | undefined {
    const run = this.#begin(taken, head);
    let result: unknown;
    try {
      result = this.#local.callAs(run, () => call(...args));
      if (isThenable(result)) return this.#endLater(taken, run, call, result);
    } catch (error) {
      return this.#fail(taken, run, call, error);
    }
    return this.#succeed(taken, run, result);
  }

  async #endLater(
    taken: TakenChild,
    run: TakenRun,
    call: AnyFunction,
    result: PromiseLike<unknown>,
  ): Promise<void> {
    let isLate = false;
    const stopClock = run.watchClock((timeout) => {
      isLate = true;
      this.#running.delete(taken);
      void this.#sender.sendFailure(taken, timeout);
    });
    let value: unknown;
    try {
      value = await result;
    } catch (error) {
      stopClock?.();
      if (isLate) return this.#local.endTree(run);
      return this.#fail(taken, run, call, error);
    }
    stopClock?.();
    if (isLate) return this.#local.endTree(run);
    return this.#succeed(taken, run, value);
  }

  #succeed(taken: TakenChild, run: TakenRun, value: unknown): Promise<void> | undefined {
    const { timeout } = run;
    this.#end(taken, run);
    return timeout === undefined
      ? this.#sender.sendResult(taken, value)
      : this.#sender.sendFailure(taken, timeout);
  }

  #fail(
    taken: TakenChild,
    run: TakenRun,
    call: AnyFunction,
    error: unknown,
  ): Promise<void> | undefined {
    const { timeout } = run;
    this.#end(taken, run);
    return this.#sender.sendFailure(taken, timeout ?? explainFailure(error, call));
  }

  #end(taken: TakenChild, run: TakenRun): void {
    this.#running.delete(taken);
    this.#local.endTree(run);
    this.#sender.forgetRead();
  }

  /** As `#call`, on the stack of a thread that waits. */
  #callBlocking(
    taken: TakenChild,
    head: ChildHead,
    args: readonly unknown[],
    { name, call }: ChildCallable,
  ): void {
    const run = this.#begin(taken, head);
    let result: unknown;
    try {
      result = this.#local.callAs(run, () => this.#local.callToEnd(call, args, name));
    } catch (error) {
      const { timeout } = run;
      this.#end(taken, run);
      this.#sender.sendFailureSync(taken, timeout ?? explainFailure(error, call));
      return;
    }
    const { timeout } = run;
    this.#end(taken, run);
    if (timeout === undefined) this.#sender.sendResultSync(taken, result);
    else this.#sender.sendFailureSync(taken, timeout);
  }
}

/** One of the two numbers at the beginning of a payload. */
function prefixOf(payload: Uint8Array, index: number): number {
  return new DataView(payload.buffer, payload.byteOffset).getInt32(index * 4, true);
}
