import { CELL_PAYLOAD_BYTES } from "../../native-queue/index.ts";
import { LazyEncoder } from "../codec/index.ts";
import { Int32Array, SharedArrayBuffer, Uint8Array, WeakMap } from "../runtime/index.ts";
import type { FunctionDefinition } from "../callable/index.ts";
import type { BufferNames } from "./buffer-names.ts";
import type { ChildCallable } from "./callables.ts";
import { PREFIX_BYTES, markOf, textOf } from "./child-format.ts";
import type { ChildHead } from "./child-format.ts";
import { RangeChild } from "./outcome-children.ts";
import type { Child } from "./tree.ts";

/** Arguments of so many bytes stand in the cell. Longer ones go in a shared buffer of their own. */
const MOST_IN_CELL: number = CELL_PAYLOAD_BYTES >> 1;
/** Longer arguments keep their child in its worker: to copy them takes longer than most children. */
const MOST_SPILLED = 1 << 24;

/** A child as it stands on the board. */
export interface WrittenChild {
  readonly mark: number;
  /** Valid until the next child is written. */
  readonly payload: Uint8Array;
  /** The memory of its arguments, when they are too long for a cell. */
  readonly spill: SharedArrayBuffer | undefined;
}

/** Encodes children that are offered. */
export class OfferWriter {
  readonly #encoder: LazyEncoder;
  readonly #texts = new WeakMap<ChildCallable, string>();
  readonly #scratch = new Uint8Array(CELL_PAYLOAD_BYTES);
  readonly #prefix = new Int32Array(this.#scratch.buffer, 0, PREFIX_BYTES / 4);
  readonly #arguments = new Uint8Array(MOST_IN_CELL);

  /** @param names gives numbers to shared buffers */
  constructor(names: BufferNames) {
    this.#encoder = new LazyEncoder(names.numberOf);
  }

  /**
   * Encodes a child.
   *
   * @param listeners how many workers listen for shared buffers
   * @returns undefined when it cannot go to another worker: it is too long, or holds what cannot cross
   */
  write(child: Child, listeners: number): WrittenChild | undefined {
    const encoder = this.#encoder.made;
    const { callable, carried, stores } = child;
    const text = this.#textOf(callable);
    try {
      const isRange = child instanceof RangeChild;
      const own = isRange ? child.part : child.args;
      const values = carried === undefined ? own : [...own, stores];
      let argsBytes = encoder.prepare(values, "args");
      const isSpilled = argsBytes > MOST_IN_CELL;
      const hasBuffers = isSpilled || encoder.named.length > 0;
      if (encoder.handles.length > 0 || argsBytes > MOST_SPILLED) return undefined;
      // No other worker could get the buffers.
      if (hasBuffers && listeners < 2) return undefined;
      const spilledBytes = isSpilled ? argsBytes : 0;
      const spill = isSpilled ? new SharedArrayBuffer(argsBytes) : undefined;
      if (spill !== undefined) {
        encoder.copyTo(new Uint8Array(spill), 0);
        encoder.trim();
        argsBytes = encoder.prepare([spill], "args");
      }
      encoder.copyTo(this.#arguments, 0);
      const timeoutMs = child.control?.timeoutMs ?? Infinity;
      const head: ChildHead = [
        text,
        String(child.requestID),
        child.attempt,
        timeoutMs,
        carried?.map(({ place }) => place),
        spilledBytes,
        child.root.log !== undefined,
        isRange,
      ];
      const headBytes = encoder.prepare(head, "args");
      const argsAt = PREFIX_BYTES + headBytes;
      if (argsAt + argsBytes > CELL_PAYLOAD_BYTES) return undefined;
      encoder.copyTo(this.#scratch, PREFIX_BYTES);
      this.#scratch.set(this.#arguments.subarray(0, argsBytes), argsAt);
      this.#prefix[0] = listeners;
      this.#prefix[1] = headBytes;
      const mark = markOf(text, hasBuffers, callable.isAsync);
      return { mark, payload: this.#scratch.subarray(0, argsAt + argsBytes), spill };
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
