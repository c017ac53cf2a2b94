import type { Callable, ModuleCallable } from "../../callable/index.ts";
import type { ChunkListener } from "../../collections/index.ts";
import type { OutOfBandParts, RequestID } from "../../protocol/index.ts";
import type { CallSite } from "./call-site.ts";
import { NOWHERE, anonymousRequest, isOffered, leaveAnonymous } from "./pending-request.ts";
import type { Outcome, PendingRequest } from "./pending-request.ts";
import { NOT_TIMED } from "./put-times.ts";
import type { RequestControl } from "./request-control.ts";
import { nextRequestID } from "./work-request.ts";
import type { WorkRequest } from "./work-request.ts";

/** A request that stands for several items of a collection, which gets the outcome when the request is delivered. */
export class ChunkRequest implements PendingRequest {
  readonly callableId: number;
  readonly requestID: RequestID = nextRequestID();
  readonly control: RequestControl;
  location: number | object = NOWHERE;
  callSite: CallSite | undefined = undefined;
  putAt: number = NOT_TIMED;
  outcome: Outcome = "pending";
  value: unknown = undefined;
  outOfBand: OutOfBandParts | undefined = undefined;
  previous: PendingRequest | undefined = undefined;
  next: PendingRequest | undefined = undefined;
  readonly #callable: Callable | ModuleCallable;
  readonly #args: readonly unknown[];
  readonly #listener: ChunkListener;
  #lookedUp: WorkRequest | undefined;

  constructor(
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    callableId: number,
    control: RequestControl,
    listener: ChunkListener,
  ) {
    this.callableId = callableId;
    this.control = control;
    this.#callable = callable;
    this.#args = args;
    this.#listener = listener;
  }

  get request(): WorkRequest {
    this.#lookedUp ??= anonymousRequest(this.#callable, this.#args, this.requestID);
    return this.#lookedUp;
  }

  get priority(): number {
    return this.control.priority;
  }

  get isOffer(): boolean {
    return isOffered(this.control);
  }

  noteReport(): void {}

  deliverReport(report: unknown): void {
    this.#listener.reported(report);
  }

  enter(): void {}

  leave(): void {
    if (this.#lookedUp !== undefined) leaveAnonymous(this.#lookedUp, this.outcome);
  }

  deliver(): void {
    this.#listener.settled(this.outcome as Exclude<Outcome, "pending">, this.value);
  }
}

/** The request of a stream: what the callable reports are its values. */
export class StreamRequest extends ChunkRequest {
  /** Whether its consumer waits for a value. When none does, the process may end. */
  isAwaited = true;

  /** How many values the generator may yield, and how many it has yielded. */
  granted = 0;
  #yielded = 0;

  /** Whether the generator goes on only when its consumer takes a value. */
  get isOutOfCredit(): boolean {
    return this.#yielded >= this.granted;
  }

  override noteReport(): void {
    this.#yielded += 1;
    this.control.endRetries();
  }
}
