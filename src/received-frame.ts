/**
 * What the parent makes of a frame in a worker's result ring. All of it is the worker's word: whatever
 * it says, no more than its own request or its own worker suffers.
 */
import type { ResultReader } from "../native-queue/index.ts";
import { NUMBER_BYTES, readNumber } from "./codec/index.ts";
import type { Decoder } from "./codec/index.ts";
import { PayloadError, ThreadPoolError } from "./errors.ts";
import type { WorkerChannel } from "./worker-channel.ts";
import { RESULT_HAS_SIDE_MESSAGE, RESULT_IS_NUMBER, isStatusWord } from "./worker-protocol.ts";

/**
 * Checks the frame at hand, its payload excepted.
 *
 * @param isClaimed has the worker claimed the task that the frame names?
 * @throws ThreadPoolError for a frame that no worker writes: the memory is damaged, so trust no other either
 */
export function checkFrame({ task, status }: ResultReader, isClaimed: boolean): void {
  if (!isClaimed) {
    throw new ThreadPoolError(
      `A result names a task that its worker has not claimed: task=${task}`,
    );
  }
  if (!isStatusWord(status)) {
    throw new ThreadPoolError(`A result has a status that there is not: status=${status}`);
  }
}

/**
 * The value in the frame at hand.
 *
 * @throws PayloadError when the bytes are none, or a part of it has not come
 */
export function decodeResult(decoder: Decoder, channel: WorkerChannel): unknown {
  const { reader } = channel;
  if ((reader.status & RESULT_IS_NUMBER) !== 0) {
    if (reader.end - reader.start !== NUMBER_BYTES)
      throw new PayloadError("A result that should be a number is not as long as one.", {
        path: "result",
      });
    return readNumber(reader.floats, reader.start / NUMBER_BYTES);
  }
  if ((reader.status & RESULT_HAS_SIDE_MESSAGE) === 0) {
    return decoder.decode(reader.bytes, reader.start, reader.end);
  }
  const side = channel.takeSideMessage(reader.task, reader.generation);
  if (side === undefined)
    throw new PayloadError("A part of the result was lost on its way.", { path: "result" });
  if (side.spill === undefined) {
    return decoder.decode(reader.bytes, reader.start, reader.end, side.handles);
  }
  return decoder.decode(new Uint8Array(side.spill), 0, side.spillBytes, side.handles);
}
