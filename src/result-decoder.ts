/** Values out of result frames. */
import { Decoder, NUMBER_BYTES, readNumber } from "./codec/index.ts";
import { PayloadError } from "./errors.ts";
import type { RequestTimes } from "./request-times.ts";
import type { WorkerChannel } from "./worker-channel.ts";
import {
  RESULT_HAS_SIDE_MESSAGE,
  RESULT_IS_NUMBER,
  RESULT_IS_TIMED,
  TIMES_BYTES,
} from "./worker-protocol.ts";

export class ResultDecoder {
  readonly #decoder = new Decoder();
  readonly #times: RequestTimes;

  constructor(times: RequestTimes) {
    this.#times = times;
  }

  /**
   * The value of the frame at hand.
   *
   * @param putAt when the request was put; see `RequestTimes.putAt`
   * @throws PayloadError when it is none, or a part of it was lost
   */
  decode(channel: WorkerChannel, putAt: number): unknown {
    const { reader } = channel;
    const isTimed = (reader.status & RESULT_IS_TIMED) !== 0;
    const start = isTimed ? reader.start + TIMES_BYTES : reader.start;
    if (isTimed) this.#take(reader.floats, reader.start / NUMBER_BYTES, putAt);
    if ((reader.status & RESULT_IS_NUMBER) !== 0) {
      if (reader.end - start !== NUMBER_BYTES)
        throw new PayloadError("A result that should be a number is not as long as one.", {
          path: "result",
        });
      return readNumber(reader.floats, start / NUMBER_BYTES);
    }
    if ((reader.status & RESULT_HAS_SIDE_MESSAGE) === 0) {
      return this.#decoder.decode(reader.bytes, start, reader.end);
    }
    const side = channel.takeSideMessage(reader.task, reader.generation);
    if (side === undefined)
      throw new PayloadError("A part of the result was lost on its way.", { path: "result" });
    if (side.spill === undefined) {
      return this.#decoder.decode(reader.bytes, start, reader.end, side.handles);
    }
    return this.#decoder.decode(new Uint8Array(side.spill), 0, side.spillBytes, side.handles);
  }

  #take(floats: Float64Array, at: number, putAt: number): void {
    if (putAt === 0) return;
    this.#times.record((floats[at] as number) - putAt, floats[at + 1] as number);
  }
}
