import { ArrayBuffer } from "../runtime/index.ts";
import { isBareArray } from "./array-writer.ts";
import { loadedClasses } from "./loaded-classes.ts";
import { PartWriter } from "./part-writer.ts";
import { BARE_ARGUMENT, BARE_PREFIX_BYTES, BARE_VIEW, bulkStart } from "./tags.ts";
import type { Foreign } from "./value-writer.ts";

/** The root of the arguments of a request. */
const ARGUMENTS = "args";

/** Writes a value that is one view in a short way, and leaves all others to the general way: see `bare-bytes.ts`. */
export abstract class BareWriter extends PartWriter {
  /** Whether a value is being encoded: a getter of it may encode another one. */
  protected busy: boolean = false;
  /** Whether the general way was taken since the last reset. */
  #isUsed: boolean = false;
  /** The bytes of the view that is the whole value; undefined for every other value. */
  #bytes: Uint8Array | undefined = undefined;
  /** The two bytes before them. */
  #header: number = 0;
  #kind: number = 0;

  /**
   * As `encode`, but the bytes of ArrayBuffers stay where they are until `copyTo` copies them. So a large payload is
   * copied once and not twice. `bytes` alone is not the encoded value then.
   */
  prepare(
    value: unknown,
    root: string,
    transfer?: readonly object[],
    foreign: Foreign = "refuse",
  ): number {
    if (transfer === undefined && !this.busy) {
      const length = ArrayBuffer.isView(value)
        ? this.#tryPrepare(value, BARE_VIEW)
        : this.#tryPrepareArgument(value, root);
      if (length >= 0) return length;
    }
    return this.prepareGeneral(value, root, transfer, foreign);
  }

  /** Prepares any value. */
  protected abstract prepareGeneral(
    value: unknown,
    root: string,
    transfer: readonly object[] | undefined,
    foreign: Foreign | undefined,
  ): number;

  override copyTo(target: Uint8Array, start: number, words?: Int32Array): void {
    const bytes = this.#bytes;
    if (bytes === undefined) {
      super.copyTo(target, start, words);
      return;
    }
    target[start] = this.#header;
    target[start + 1] = this.#kind;
    const at = start + bulkStart(BARE_PREFIX_BYTES, bytes.length);
    target.fill(0, start + BARE_PREFIX_BYTES, at);
    target.set(bytes, at);
  }

  /** Copies the bytes of a view that is the whole value: they may change after this. */
  protected keepBare(): void {
    this.#bytes = this.#bytes?.slice();
  }

  /** The general way begins. */
  protected begin(): void {
    this.reset();
    this.#isUsed = true;
  }

  /** Drops what the last value has left behind. */
  protected reset(): void {
    this.#isUsed = false;
    this.#bytes = undefined;
  }

  /** The same, but cheaper after a value that is one view. */
  protected resetIfUsed(): void {
    if (this.#isUsed) this.reset();
    else this.#bytes = undefined;
  }

  /** For arguments that are one view. Only arguments: to look into another array might run the traps of a Proxy. */
  #tryPrepareArgument(value: unknown, root: string): number {
    if (root !== ARGUMENTS) return -1;
    const args = value as readonly unknown[];
    const first = args[0];
    if (args.length !== 1 || !ArrayBuffer.isView(first) || !isBareArray(args)) return -1;
    return this.#tryPrepare(first, BARE_ARGUMENT);
  }

  /** Returns the length; -1 for a view that takes the general way. */
  #tryPrepare(view: ArrayBufferView, header: number): number {
    const { bareLength, bytesOfView, kindOfView } = loadedClasses();
    const kind = kindOfView(view);
    if (kind === undefined) return -1;
    const bytes = bytesOfView(view);
    // The bytes of what is moved do not lie in the encoded value.
    if (bytes === undefined || bytes.length >= this.movedFrom) return -1;
    this.resetIfUsed();
    this.#bytes = bytes;
    this.#header = header;
    this.#kind = kind;
    return bareLength(bytes.length);
  }
}
