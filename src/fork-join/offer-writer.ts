import { CELL_PAYLOAD_BYTES } from "../../native-queue/index.ts";
import { LazyEncoder } from "../codec/index.ts";
import { Int32Array, Uint8Array, WeakMap } from "../runtime/index.ts";
import type { FunctionDefinition } from "../callable/index.ts";
import type { BufferNames } from "./buffer-names.ts";
import type { ChildCallable } from "./callables.ts";
import { PREFIX_BYTES, markOf, textOf } from "./child-format.ts";
import type { ChildHead } from "./child-format.ts";
import type { Child } from "./tree.ts";

/** A child as it stands on the board. */
interface WrittenChild {
  readonly mark: number;
  /** Valid until the next child is written. */
  readonly payload: Uint8Array;
}

/** Encodes children that are offered. */
export class OfferWriter {
  readonly #encoder: LazyEncoder;
  readonly #texts = new WeakMap<ChildCallable, string>();
  readonly #scratch = new Uint8Array(CELL_PAYLOAD_BYTES);
  readonly #prefix = new Int32Array(this.#scratch.buffer, 0, PREFIX_BYTES / 4);

  /** @param names gives numbers to shared buffers */
  constructor(names: BufferNames) {
    this.#encoder = new LazyEncoder(names.numberOf);
  }

  /**
   * Encodes a child.
   *
   * @param listeners how many workers listen for shared buffers
   * @returns undefined when it cannot go to another worker: it does not fit a cell, or holds what cannot cross
   */
  write(child: Child, listeners: number): WrittenChild | undefined {
    const { callable } = child;
    const text = this.#textOf(callable);
    const encoder = this.#encoder.made;
    const timeoutMs = child.control?.timeoutMs ?? Infinity;
    const head: ChildHead = [text, String(child.requestID), child.attempt, timeoutMs];
    try {
      const headBytes = encoder.encode(head, "args");
      if (headBytes > CELL_PAYLOAD_BYTES / 2) return undefined;
      const argsAt = PREFIX_BYTES + headBytes;
      encoder.copyTo(this.#scratch, PREFIX_BYTES);
      const length = argsAt + encoder.encode(child.args, "args");
      if (encoder.handles.length > 0 || length > CELL_PAYLOAD_BYTES) return undefined;
      // No other worker could get the buffer.
      if (encoder.named.length > 0 && listeners < 2) return undefined;
      encoder.copyTo(this.#scratch, argsAt);
      this.#prefix[0] = listeners;
      this.#prefix[1] = headBytes;
      const mark = markOf(text, encoder.named.length > 0, callable.isAsync);
      return { mark, payload: this.#scratch.subarray(0, length) };
    } catch {
      // It cannot cross, so it runs here, where it need not.
      return undefined;
    } finally {
      encoder.forget();
    }
  }

  #textOf(callable: ChildCallable): string {
    let text = this.#texts.get(callable);
    // A mock runs in the program's own thread, which has no board.
    if (text === undefined) {
      text = textOf(callable.definition as FunctionDefinition);
      this.#texts.set(callable, text);
    }
    return text;
  }
}
