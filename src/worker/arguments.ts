import { TASK_FLAGS, TASK_LENGTH, TASK_PLACE } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";
import { NUMBER_BYTES, readNumbers } from "../codec/index.ts";
import type { LazyDecoder } from "../codec/index.ts";
import { ARENAS, INLINE, NUMBERS, SPILLED, arenaIndexAt, payloadKind } from "../protocol/index.ts";
import type { OutOfBandMessage } from "../protocol/index.ts";
import { Uint8Array } from "../runtime/index.ts";
import { argumentsLost } from "./received-arenas.ts";
import type { ReceivedArenas } from "./received-arenas.ts";
import type { RunContexts } from "./run-context.ts";

/** Reads the arguments of claimed tasks. */
export class ArgumentReader {
  readonly #views: QueueViews;
  readonly #decoder: LazyDecoder;
  readonly #contexts: RunContexts;
  readonly #arenas: ReceivedArenas;

  /**
   * @param contexts gets the requestID that stands behind the arguments
   * @param arenas hold the arguments that do not fit into their tasks
   */
  constructor(
    views: QueueViews,
    decoder: LazyDecoder,
    contexts: RunContexts,
    arenas: ReceivedArenas,
  ) {
    this.#views = views;
    this.#decoder = decoder;
    this.#contexts = contexts;
    this.#arenas = arenas;
  }

  /** Throws a PayloadError when they cannot be decoded, or a part of them was lost. */
  read(task: number, outOfBand: OutOfBandMessage | undefined): unknown[] {
    const { words, taskFloats } = this.#views;
    const first = this.#views.task(task);
    if (payloadKind(words[first + TASK_FLAGS] as number) === NUMBERS) {
      const inline = this.#views.inline(task) / NUMBER_BYTES;
      return readNumbers(taskFloats, inline, words[first + TASK_LENGTH] as number);
    }
    return this.#contexts.takeRequestID(task, this.#decode(task, outOfBand));
  }

  /** The same for a task whose only flag is `IN_BAND`. */
  readInBand(task: number): unknown[] {
    return this.#decode(task, undefined);
  }

  /**
   * The arguments of a claimed task, decoded from wherever its payload lies.
   *
   * @throws PayloadError when they cannot be decoded, or a part of them was lost
   */
  #decode(task: number, outOfBand: OutOfBandMessage | undefined): unknown[] {
    const views = this.#views;
    const decoder = this.#decoder.made;
    const first = views.task(task);
    const location = views.words[first + TASK_PLACE] as number;
    const handles = outOfBand?.handles;
    if (location === SPILLED) {
      const spill = spillIn(outOfBand);
      return decoder.decode(spill, 0, spill.length, handles) as unknown[];
    }
    const length = views.words[first + TASK_LENGTH] as number;
    if (location === INLINE) {
      const inline = views.inline(task);
      return decoder.decode(views.taskBytes, inline, inline + length, handles) as unknown[];
    }
    const arena = arenaIndexAt(location);
    const start = location - ARENAS[arena]!.start;
    const bytes = this.#arenas.bytesOf(arena);
    return decoder.decode(bytes, start, start + length, handles) as unknown[];
  }
}

/** Throws when the parent could not send the spill. It has failed the request then. */
function spillIn(message: OutOfBandMessage | undefined): Uint8Array {
  if (message?.spill !== undefined) return new Uint8Array(message.spill, 0, message.spillBytes);
  throw argumentsLost();
}
