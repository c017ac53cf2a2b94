import { RequestTimeout } from "../errors.ts";
import type { RequestID, TaskContext } from "../protocol/index.ts";
import { performanceNow, watchfulController } from "../runtime/index.ts";
import type { ChildCallable } from "./callables.ts";
import type { ChildControl } from "./control.ts";
import { Node } from "./node.ts";
import type { Root } from "./node.ts";

/** It has not begun, and this thread may run it. */
export const WAITING = 0;
/** It is offered to other workers, and one of them may run it. */
export const OFFERED = 1;
/** It runs in this thread. */
export const RUNNING = 2;
/** Its outcome is known. A run that was stopped may go on. */
export const SETTLED = 3;
type ChildState = typeof WAITING | typeof OFFERED | typeof RUNNING | typeof SETTLED;

/**
 * A child: one call of a callable for the run that has put it.
 *
 * ```
 * WAITING ──this thread begins it──▶ RUNNING ──it ends──▶ SETTLED
 *   │  ▲                                                    ▲
 *   │  └──taken back──┐                                     │
 *   └──offered──▶ OFFERED ──another worker sends its outcome┘
 * ```
 *
 * From every state it is settled at once when its signal is aborted.
 */
export abstract class Child extends Node implements TaskContext {
  readonly parent: Node;
  readonly root: Root;
  readonly callable: ChildCallable;
  readonly args: readonly unknown[];
  readonly control: ChildControl | undefined;
  readonly stopper: Node;
  /** Its number among the children of its root. */
  readonly number: number;
  state: ChildState = WAITING;
  attempt = 1;
  #controller: AbortController | undefined;
  #timeOutAt = Infinity;
  #isAborted = false;
  #abortReason: unknown;

  constructor(
    parent: Node,
    callable: ChildCallable,
    args: readonly unknown[],
    control?: ChildControl,
  ) {
    super();
    this.parent = parent;
    const { root } = parent;
    this.root = root;
    this.callable = callable;
    this.args = args;
    this.control = control;
    this.stopper = control === undefined ? parent.stopper : this;
    this.number = ++root.children;
  }

  /** What its outcome goes to. Called once. */
  protected abstract onSettled(isSuccess: boolean, value: unknown): void;

  get above(): Node {
    return this.parent;
  }

  get context(): TaskContext {
    return this;
  }

  get isWaiting(): boolean {
    return this.state === WAITING;
  }

  get isSettled(): boolean {
    return this.state === SETTLED;
  }

  get requestID(): RequestID {
    return `${String(this.root.context.requestID)}/${this.number}`;
  }

  get workerId(): number {
    return this.root.context.workerId;
  }

  get signal(): AbortSignal {
    this.#controller ??= watchfulController(() => this.cancelled());
    this.cancelled();
    return this.#controller.signal;
  }

  cancelled(): boolean {
    const isCancelled = this.mustStop;
    if (isCancelled) this.#controller?.abort(this.reason);
    return isCancelled;
  }

  throwIfCancelled(): void {
    if (this.cancelled()) this.signal.throwIfAborted();
  }

  progress(value: unknown): void {
    if (!this.isOver) this.control?.onProgress?.(value);
  }

  /** Its run begins: its time limit counts from now on. */
  begin(): void {
    this.state = RUNNING;
    const timeoutMs = this.control?.timeoutMs ?? Infinity;
    if (timeoutMs !== Infinity) this.#timeOutAt = performanceNow() + timeoutMs;
  }

  /** Settles it at once, and asks its run to stop. */
  abort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#abortReason = reason;
    this.settle(false, reason);
    this.#controller?.abort(reason);
    this.root.onStop?.();
  }

  /** It has ended in whatever way. Does nothing when it is settled already. */
  settle(isSuccess: boolean, value: unknown): void {
    if (this.state === SETTLED) return;
    this.state = SETTLED;
    this.control?.end();
    this.onSettled(isSuccess, value);
  }

  /** Its callable has returned or thrown. A run over its time fails, as in a request that runs in the caller. */
  end(isSuccess: boolean, value: unknown): void {
    if (this.#timeOutAt <= performanceNow()) this.abort(this.#timeout());
    this.isOver = true;
    this.settle(isSuccess, value);
  }

  /** Settles it with an error that harms nobody who does not look: its parent has ended. */
  abandon(error: unknown): void {
    this.settle(false, error);
  }

  protected isStopped(): boolean {
    if (!this.#isAborted && this.#timeOutAt <= performanceNow()) this.abort(this.#timeout());
    return this.#isAborted;
  }

  protected stopReason(): unknown {
    return this.#abortReason;
  }

  #timeout(): RequestTimeout {
    return new RequestTimeout(
      `A child ran longer than its timeoutMs, so it was asked to stop: requestID=${String(this.requestID)} timeoutMs=${this.control?.timeoutMs}`,
    );
  }
}
