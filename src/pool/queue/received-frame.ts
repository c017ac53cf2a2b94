/**
 * What the parent makes of a frame in a worker's result ring. All of it is the worker's word: whatever
 * it says, no more than its own request or its own worker suffers.
 */
import type { ResultReader } from "../../../native-queue/index.ts";
import { Decoder, NUMBER_BYTES, readNumber } from "../../codec/index.ts";
import { PayloadError, ThreadPoolError } from "../../errors.ts";
import type { Latency } from "../request/latency.ts";
import type { WorkerChannel } from "./worker-channel.ts";
import {
  RESULT_HAS_OUT_OF_BAND,
  RESULT_IS_NUMBER,
  RESULT_IS_TIMED,
  TIMES_BYTES,
  isStatusWord,
} from "../../protocol/flags.ts";

/**
 * Checks the frame at hand, its payload excepted.
 *
 * @param isItsOwn is the task that the frame names the worker's, and put when the frame says?
 * @throws ThreadPoolError for a frame that no worker writes: the memory is damaged, so trust no other either
 */
export function checkFrame({ task, status }: ResultReader, isItsOwn: boolean): void {
  if (!isItsOwn) {
    throw new ThreadPoolError(
      `A result names a task that its worker has not claimed: task=${task}`,
    );
  }
  if (!isStatusWord(status)) {
    throw new ThreadPoolError(`A result has a status that there is not: status=${status}`);
  }
}

/** Values out of frames. */
export class ResultDecoder {
  readonly #decoder = new Decoder();
  readonly #times: Latency;

  /** @param times told how long requests took */
  constructor(times: Latency) {
    this.#times = times;
  }

  /**
   * The value in the frame at hand.
   *
   * @param putAt when the request was put; see `Latency.putAt`
   * @throws PayloadError when the bytes are none, or a part of it has not come
   */
  decode(channel: WorkerChannel, putAt: number): unknown {
    const { reader } = channel;
    const isTimed = (reader.status & RESULT_IS_TIMED) !== 0;
    const start = isTimed ? reader.start + TIMES_BYTES : reader.start;
    if (start > reader.end) throw notAsLong("A result that should tell its times");
    if (isTimed) this.#takeTimes(reader.floats, reader.start / NUMBER_BYTES, putAt);
    if ((reader.status & RESULT_IS_NUMBER) !== 0) {
      if (reader.end - start !== NUMBER_BYTES) throw notAsLong("A result that should be a number");
      return readNumber(reader.floats, start / NUMBER_BYTES);
    }
    if ((reader.status & RESULT_HAS_OUT_OF_BAND) === 0) {
      return this.#decoder.decode(reader.bytes, start, reader.end);
    }
    const side = channel.takeOutOfBand(reader.task, reader.generation);
    if (side === undefined)
      throw new PayloadError("A part of the result was lost on its way.", { path: "result" });
    if (side.spill === undefined) {
      return this.#decoder.decode(reader.bytes, start, reader.end, side.handles);
    }
    return this.#decoder.decode(new Uint8Array(side.spill), 0, side.spillBytes, side.handles);
  }

  #takeTimes(floats: Float64Array, at: number, putAt: number): void {
    if (putAt === 0) return;
    this.#times.record((floats[at] as number) - putAt, floats[at + 1] as number);
  }
}

function notAsLong(what: string): PayloadError {
  return new PayloadError(`${what} is not as long as one.`, { path: "result" });
}
