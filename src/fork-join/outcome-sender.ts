import {
  CELL_PAYLOAD_BYTES,
  finishChild,
  isOutcomeRead,
  isPartRead,
  noteChildFigures,
  parkRounds,
  parkUntil,
  parkUntilSync,
  sendPart,
} from "../../native-queue/index.ts";
import type { TakenChild, WorkerGate } from "../../native-queue/index.ts";
import { loadedCodec } from "../codec/index.ts";
import type { Encoder } from "../codec/index.ts";
import { PayloadError } from "../errors.ts";
import type { WorkerDied } from "../errors.ts";
import { takeTransferList } from "../protocol/index.ts";
import type { ChildRuns } from "../protocol/index.ts";
import { DataView, Uint8Array } from "../runtime/index.ts";
import type { BufferNames } from "./buffer-names.ts";
import {
  DIED,
  FAILED,
  FAILED_AT_SHIFT,
  HAS_RUNS,
  RETURNED,
  STATUS_MASK,
  SUCCEEDED,
} from "./child-format.ts";

/** An outcome, encoded. */
interface Outcome {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** What a trace is to hear. */
type Runs = readonly ChildRuns[] | undefined;

const NOTHING = new Uint8Array(0);

/** The shared buffers of an outcome. */
interface SentBuffers {
  readonly taken: TakenChild;
  readonly numbers: readonly number[];
}

/** Sends the outcomes of children back to the workers that have offered them. */
export class OutcomeSender {
  readonly #gate: WorkerGate;
  readonly #names: BufferNames;
  readonly #reap: () => void;
  /** Outcomes with shared buffers that their owners may not have read. */
  readonly #unread: SentBuffers[] = [];

  /** @param reap looks at what this thread itself has offered, while it waits for others */
  constructor(gate: WorkerGate, names: BufferNames, reap: () => void) {
    this.#gate = gate;
    this.#names = names;
    this.#reap = reap;
  }

  /** Forgets the shared buffers of outcomes that their owners have read. */
  forgetRead(): void {
    const { views } = this.#gate;
    for (let i = this.#unread.length - 1; i >= 0; i--) {
      const { taken, numbers } = this.#unread[i] as SentBuffers;
      if (!isOutcomeRead(views, taken)) continue;
      this.#unread.splice(i, 1);
      this.#names.forget(numbers);
    }
  }

  /** Says that the child could not be run, and has not begun. */
  giveBack(taken: TakenChild): void {
    finishChild(this.#gate, taken, RETURNED, NOTHING);
  }

  /** Sends a result. Resolves when all of it is sent; undefined when that is so at once. */
  sendResult(taken: TakenChild, value: unknown, runs?: Runs): Promise<void> | undefined {
    return this.#send(taken, withRuns(this.#encode(taken, value), runs));
  }

  /** The same for what a callable has thrown. */
  sendFailure(
    taken: TakenChild,
    error: unknown,
    runs?: Runs,
    failedAt?: number,
  ): Promise<void> | undefined {
    return this.#send(taken, withRuns(failureOf(error, failedAt), runs));
  }

  /** As `sendResult`, but blocks. */
  sendResultSync(taken: TakenChild, value: unknown, runs?: Runs): void {
    this.#sendLongSync(taken, withRuns(this.#encode(taken, value), runs));
  }

  /** As `sendFailure`, but blocks. */
  sendFailureSync(taken: TakenChild, error: unknown, runs?: Runs, failedAt?: number): void {
    this.#sendLongSync(taken, withRuns(failureOf(error, failedAt), runs));
  }

  /** Says that this worker ends while it runs the child. Blocks. */
  sendDeathSync(taken: TakenChild, death: WorkerDied): void {
    this.#sendLongSync(taken, { status: DIED, bytes: encodedFailure(death) });
  }

  #send(taken: TakenChild, { status, bytes }: Outcome): Promise<void> | undefined {
    if (bytes.length > CELL_PAYLOAD_BYTES) return this.#sendLong(taken, status, bytes);
    this.#finish(taken, status, bytes);
    return undefined;
  }

  /** Sends an outcome that is longer than a cell, a part after the other, as fast as its owner reads them. */
  async #sendLong(taken: TakenChild, status: number, bytes: Uint8Array): Promise<void> {
    const rest = await this.#sendParts(taken, bytes, (rounds) => parkUntil(rounds));
    this.#finish(taken, status, rest);
  }

  #sendLongSync(taken: TakenChild, { status, bytes }: Outcome): void {
    let at = 0;
    for (; bytes.length - at > CELL_PAYLOAD_BYTES; at += CELL_PAYLOAD_BYTES) {
      sendPart(this.#gate, taken, bytes.subarray(at, at + CELL_PAYLOAD_BYTES));
      parkUntilSync(this.#untilRead(taken, Infinity));
    }
    this.#finish(taken, status, bytes.subarray(at));
  }

  async #sendParts(
    taken: TakenChild,
    bytes: Uint8Array,
    wait: (rounds: ReturnType<typeof parkRounds>) => Promise<void>,
  ): Promise<Uint8Array> {
    let at = 0;
    for (; bytes.length - at > CELL_PAYLOAD_BYTES; at += CELL_PAYLOAD_BYTES) {
      sendPart(this.#gate, taken, bytes.subarray(at, at + CELL_PAYLOAD_BYTES));
      await wait(this.#untilRead(taken, 0));
    }
    return bytes.subarray(at);
  }

  #untilRead(taken: TakenChild, blockMs: number): ReturnType<typeof parkRounds> {
    const { views, worker } = this.#gate;
    const look = (): boolean => {
      // Its owner may wait for a part of a child that it has taken of this thread.
      this.#reap();
      return isPartRead(views, taken);
    };
    return parkRounds(views, worker, { look, blockMs });
  }

  #finish(taken: TakenChild, status: number, bytes: Uint8Array): void {
    const kind = status & STATUS_MASK;
    const failed = kind === FAILED ? 1 : 0;
    // The owner counts a child that is lost, unless it runs again.
    if (kind !== DIED)
      noteChildFigures(this.#gate.views, this.#gate.worker, { inPlace: 0, taken: 1, failed });
    finishChild(this.#gate, taken, status, bytes);
  }

  #encode(taken: TakenChild, value: unknown): Outcome {
    const numbers: number[] = [];
    const encoder: Encoder = new (loadedCodec().Encoder)((buffer) =>
      this.#names.numberForOutcome(buffer, numbers),
    );
    try {
      const length = encoder.encode(value, "result", takeTransferList(value));
      if (encoder.handles.length > 0) throw hasHandles();
      return { status: SUCCEEDED, bytes: encoder.bytes.slice(0, length) };
    } catch (error) {
      return { status: FAILED, bytes: encodedFailure(error) };
    } finally {
      if (numbers.length > 0) this.#unread.push({ taken, numbers });
    }
  }
}

/** The outcome with what a trace is to hear before it. */
function withRuns(outcome: Outcome, runs: Runs): Outcome {
  if (runs === undefined) return outcome;
  const { Encoder } = loadedCodec();
  const encoder = new Encoder();
  const length = encoder.encode(runs, "trace");
  const bytes = new Uint8Array(4 + length + outcome.bytes.length);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes.set(encoder.bytes.subarray(0, length), 4);
  bytes.set(outcome.bytes, 4 + length);
  return { status: outcome.status | HAS_RUNS, bytes };
}

/** @param failedAt of a range: which item, counted from the first one */
function failureOf(error: unknown, failedAt: number = 0): Outcome {
  return { status: FAILED | (failedAt << FAILED_AT_SHIFT), bytes: encodedFailure(error) };
}

function encodedFailure(error: unknown): Uint8Array {
  const { Encoder, encodeFailure, bareError } = loadedCodec();
  const encoder = new Encoder();
  let length = encodeFailure(encoder, error);
  if (encoder.handles.length > 0) length = encodeFailure(encoder, bareError(error));
  return encoder.bytes.slice(0, length);
}

function hasHandles(): PayloadError {
  return new PayloadError(
    "The result of a child that another worker has run cannot hold ports, Blobs and other things that only messages carry; " +
      "return plain data, or shared memory.",
    { path: "result" },
  );
}
