import { PayloadError } from "../errors.ts";
import { describeValue, utilTypes } from "../runtime/index.ts";

const NONE: readonly never[] = [] as never[];

/** The objects of one value that only `postMessage` can carry, each once, and which of them must be transferred. */
export class HandleTable {
  #handles: object[] = [];
  #transferList: Bun.Transferable[] = [];
  readonly #indexes: Map<object, number> = new Map();

  /** All handles; one shared empty array when there are none. */
  get handles(): readonly unknown[] {
    return this.#handles.length === 0 ? NONE : this.#handles;
  }

  /** The handles that must be transferred; one shared empty array when there are none. */
  get transferList(): readonly Bun.Transferable[] {
    return this.#transferList.length === 0 ? NONE : this.#transferList;
  }

  /** How many handles there are. */
  get count(): number {
    return this.#handles.length;
  }

  /** Whether this object is a handle. */
  has(handle: object): boolean {
    return this.#indexes.has(handle);
  }

  /** Adds a handle, once. Returns its index. @param moves whether it must be transferred */
  add(handle: object, moves: boolean): number {
    const known = this.#indexes.get(handle);
    if (known !== undefined) return known;
    this.#indexes.set(handle, this.#handles.length);
    if (moves) this.#transferList.push(handle as Bun.Transferable);
    return this.#handles.push(handle) - 1;
  }

  /**
   * Adds what the caller wants to be moved, also when it is not in the value; each object once.
   *
   * @throws PayloadError that names the item that cannot be moved
   */
  addTransfer(transfer: readonly object[]): void {
    if (!Array.isArray(transfer)) {
      throw new PayloadError(
        `transfer is an array of ArrayBuffers and MessagePorts: transfer=${describeValue(transfer)}`,
        { path: "transfer" },
      );
    }
    for (const [index, item] of transfer.entries()) {
      const reason = refusedTransfer(item);
      const path = `transfer[${index}]`;
      if (reason !== undefined) throw new PayloadError(`${path} ${reason} path=${path}`, { path });
      this.add(item, true);
    }
  }

  /** Forgets all handles after the first `count`. Arrays that were handed out before do not change. */
  truncate(count: number): void {
    if (count === this.#handles.length) return;
    const dropped = new Set<object>(this.#handles.slice(count));
    this.#handles = this.#handles.slice(0, count);
    this.#transferList = this.#transferList.filter((item) => !dropped.has(item));
    for (const handle of dropped) this.#indexes.delete(handle);
  }
}

/** Why an item cannot be moved; undefined when it can. */
function refusedTransfer(item: unknown): string | undefined {
  if (utilTypes().isSharedArrayBuffer(item)) {
    return "is a SharedArrayBuffer, which is shared and not moved; leave it out of transfer.";
  }
  if (utilTypes().isArrayBuffer(item)) {
    return item.detached ? "is a detached ArrayBuffer; it has been moved already." : undefined;
  }
  if (ArrayBuffer.isView(item)) return "is a view, which cannot be moved; list its buffer instead.";
  if (!utilTypes().isProxy(item) && item instanceof MessagePort) return undefined;
  return "cannot be moved; only ArrayBuffers and MessagePorts can.";
}
