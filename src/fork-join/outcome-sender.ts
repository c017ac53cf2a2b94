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
import { takeTransferList } from "../protocol/index.ts";
import { Uint8Array } from "../runtime/index.ts";
import type { BufferNames } from "./buffer-names.ts";
import { FAILED, RETURNED, SUCCEEDED } from "./child-format.ts";

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
  sendResult(taken: TakenChild, value: unknown): Promise<void> | undefined {
    const { status, bytes } = this.#encode(taken, value);
    if (bytes.length <= CELL_PAYLOAD_BYTES) {
      this.#finish(taken, status, bytes);
      return undefined;
    }
    return this.#sendLong(taken, status, bytes);
  }

  /** The same for what a callable has thrown. */
  sendFailure(taken: TakenChild, error: unknown): Promise<void> | undefined {
    const bytes = encodedFailure(error);
    if (bytes.length <= CELL_PAYLOAD_BYTES) {
      this.#finish(taken, FAILED, bytes);
      return undefined;
    }
    return this.#sendLong(taken, FAILED, bytes);
  }

  /** As `sendResult`, but blocks. */
  sendResultSync(taken: TakenChild, value: unknown): void {
    const { status, bytes } = this.#encode(taken, value);
    this.#sendLongSync(taken, status, bytes);
  }

  /** As `sendFailure`, but blocks. */
  sendFailureSync(taken: TakenChild, error: unknown): void {
    this.#sendLongSync(taken, FAILED, encodedFailure(error));
  }

  /** Sends an outcome that is longer than a cell, a part after the other, as fast as its owner reads them. */
  async #sendLong(taken: TakenChild, status: number, bytes: Uint8Array): Promise<void> {
    const rest = await this.#sendParts(taken, bytes, (rounds) => parkUntil(rounds));
    this.#finish(taken, status, rest);
  }

  #sendLongSync(taken: TakenChild, status: number, bytes: Uint8Array): void {
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
    const failed = status === FAILED ? 1 : 0;
    noteChildFigures(this.#gate.views, this.#gate.worker, { inPlace: 0, taken: 1, failed });
    finishChild(this.#gate, taken, status, bytes);
  }

  #encode(
    taken: TakenChild,
    value: unknown,
  ): { readonly status: number; readonly bytes: Uint8Array } {
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
