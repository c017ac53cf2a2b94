import { boardVersion, handOnHelp, takeChild } from "../../native-queue/index.ts";
import type { RootUse, TakenChild, WorkerGate } from "../../native-queue/index.ts";
import { explainFailure, withStores } from "../callable/load.ts";
import type { ChildRuns } from "../protocol/index.ts";
import { Map, Set, isThenable } from "../runtime/index.ts";
import type { BufferNames } from "./buffer-names.ts";
import { takerDied } from "./child-errors.ts";
import { callableMark, isAsyncMark } from "./child-format.ts";
import type { ChildHead } from "./child-format.ts";
import type { AnyFunction } from "./callables.ts";
import { ChildLog } from "./child-log.ts";
import { ChildReader } from "./child-reader.ts";
import type { ReadyChild } from "./child-reader.ts";
import type { LocalChildren } from "./local-children.ts";
import { firstItemOf } from "./outcome-children.ts";
import { callBlocking, callInTurns } from "./taken-calls.ts";
import { OutcomeSender } from "./outcome-sender.ts";
import { TakenRun } from "./taken-run.ts";
import type { Node } from "./tree.ts";

/** The exit code of a worker that an uncaught error ends. */
const UNCAUGHT_EXIT_CODE = 1;

/** Takes children of other workers, and runs them. */
export class Taker {
  readonly #gate: WorkerGate;
  readonly #workerId: number;
  readonly #local: LocalChildren;
  readonly #sender: OutcomeSender;
  readonly #reap: () => void;
  readonly #reader: ChildReader;
  /** The marks of children whose callables this worker has. */
  readonly #marks = new Set<number>();
  /** The marks of children with a buffer that had not arrived. */
  readonly #unreadable = new Set<number>();
  /** The children that it has taken, and whose outcome is not known. One without a run has not begun. */
  readonly #taken = new Map<TakenChild, TakenRun | undefined>();
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
    this.#local = local;
    this.#reap = reap;
    this.#sender = new OutcomeSender(gate, names, reap);
    this.#from = gate.worker + 1;
    this.#reader = new ChildReader(gate, names);
    names.onArrival(() => this.#unreadable.clear());
  }

  /** Whether a child may be offered that a helper has not looked at. */
  get mayFind(): boolean {
    return boardVersion(this.#gate.views) !== this.#versionSeen;
  }

  /** Worker without a request, at the queue: takes a child of any tree, and stays there. */
  take(): TakenChild | undefined {
    return this.#gate.takeChild(() => this.#takeOf(undefined, () => true));
  }

  /** Runs a child that `take` has returned. Resolves when its outcome is sent; undefined when that is so at once. */
  run(taken: TakenChild): Promise<void> | undefined {
    const head = this.#reader.headOf(taken);
    const ready = this.#reader.tryRead(taken, head);
    return ready === undefined ? this.#prepareAndRun(taken, head) : this.#call(ready);
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
    const ready = this.#reader.tryRead(taken, this.#reader.headOf(taken));
    if (ready === undefined) {
      this.#unreadable.add(taken.mark);
      this.#sender.giveBack(taken);
    } else this.#callBlocking(ready);
    return true;
  }

  /**
   * An uncaught error ends the worker. The child whose code has thrown it, or code that its code has started, fails with this
   * error; all others fail as the worker of a request dies. See decision 65.
   *
   * @returns whether there were any
   */
  failAll(error: unknown): boolean {
    return this.#endAll(UNCAUGHT_EXIT_CODE, error, this.#local.current);
  }

  /** The worker ends, and with it the children that it runs. Those that have not begun go back to their owners. */
  endAll(exitCode: number, cause: unknown): void {
    this.#endAll(exitCode, cause, undefined);
  }

  /** @param thrower the run whose code has thrown the cause; undefined when that is not known, or no error was thrown */
  #endAll(exitCode: number, cause: unknown, thrower: Node | undefined): boolean {
    const ended = [...this.#taken];
    // No outcome is sent twice: the cell may have another child by then.
    this.#taken.clear();
    for (const [taken, run] of ended) {
      if (run === undefined) this.#sender.giveBack(taken);
      else if (run === thrower?.root)
        this.#sender.sendFailureSync(taken, cause, undefined, firstItemOf(thrower));
      else {
        const { requestID } = run.context;
        const died = takerDied(requestID, this.#workerId, { exitCode, cause });
        this.#sender.sendDeathSync(taken, died);
      }
    }
    return ended.some(([, run]) => run !== undefined);
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

  async #prepareAndRun(taken: TakenChild, head: ChildHead): Promise<void> {
    this.#taken.set(taken, undefined);
    let ready: ReadyChild | undefined;
    try {
      ready = await this.#reader.read(taken, head);
    } catch (error) {
      return this.#taken.delete(taken) ? this.#sender.sendFailure(taken, error) : undefined;
    }
    if (!this.#taken.delete(taken)) return undefined;
    // A blocked helper can run such children too from now on.
    this.#unreadable.clear();
    if (ready === undefined) return this.#sender.giveBack(taken);
    await this.#call(ready);
  }

  #begin({ taken, head, carried }: ReadyChild): TakenRun {
    this.#marks.add(callableMark(taken.mark));
    const run = new TakenRun(this.#gate, taken, head, this.#workerId, carried);
    this.#taken.set(taken, run);
    run.onStop = () => {
      this.#reap();
      run.tellStops();
    };
    if (head[6]) run.log = new ChildLog();
    return run;
  }

  #call(ready: ReadyChild): Promise<void> | undefined {
    const { taken } = ready;
    const { call } = ready.callable;
    const run = this.#begin(ready);
    let result: unknown;
    try {
      result = this.#local.callAs(run, () =>
        within(ready, () => callInTurns(this.#local, run, ready)),
      );
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
      this.#taken.delete(taken);
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
    const runs = this.#end(taken, run, timeout === undefined, timeout);
    return timeout === undefined
      ? this.#sender.sendResult(taken, value, runs)
      : this.#sender.sendFailure(taken, timeout, runs);
  }

  #fail(
    taken: TakenChild,
    run: TakenRun,
    call: AnyFunction,
    error: unknown,
  ): Promise<void> | undefined {
    const reason = run.timeout ?? explainFailure(error, call);
    const runs = this.#end(taken, run, false, reason);
    return this.#sender.sendFailure(taken, reason, runs, run.failedAt);
  }

  /** Its callable has ended. Returns what a trace is to hear. */
  #end(
    taken: TakenChild,
    run: TakenRun,
    isSuccess: boolean,
    reason: unknown,
  ): ChildRuns[] | undefined {
    const runs = run.log === undefined ? undefined : run.endLog(run.log, isSuccess, reason);
    this.#taken.delete(taken);
    this.#local.endTree(run);
    this.#sender.forgetRead();
    return runs;
  }

  /** As `#call`, on the stack of a thread that waits. */
  #callBlocking(ready: ReadyChild): void {
    const { taken } = ready;
    const { call } = ready.callable;
    const run = this.#begin(ready);
    let result: unknown;
    try {
      result = this.#local.callAs(run, () =>
        within(ready, () => callBlocking(this.#local, run, ready)),
      );
    } catch (error) {
      const reason = run.timeout ?? explainFailure(error, call);
      const runs = this.#end(taken, run, false, reason);
      this.#sender.sendFailureSync(taken, reason, runs, run.failedAt);
      return;
    }
    const { timeout } = run;
    const runs = this.#end(taken, run, timeout === undefined, timeout);
    if (timeout === undefined) this.#sender.sendResultSync(taken, result, runs);
    else this.#sender.sendFailureSync(taken, timeout, runs);
  }
}

/** Calls a function within the stores of a child. */
function within<R>({ carried, stores }: ReadyChild, call: () => R): R {
  return carried === undefined ? call() : withStores(carried, stores, call);
}
