import { PayloadError } from "../errors.ts";
import { describeValue, utilTypes } from "../runtime/index.ts";

const NONE: readonly never[] = [] as never[];

/** What only postMessage can carry, each thing once, and what of it must be transferred. */
export class HandleTable {
  #handles: object[] = [];
  #transferList: Bun.Transferable[] = [];
  readonly #indexes: Map<object, number> = new Map();

  get handles(): readonly unknown[] {
    return this.#handles.length === 0 ? NONE : this.#handles;
  }

  get transferList(): readonly Bun.Transferable[] {
    return this.#transferList.length === 0 ? NONE : this.#transferList;
  }

  get count(): number {
    return this.#handles.length;
  }

  has(handle: object): boolean {
    return this.#indexes.has(handle);
  }

  /** The handle's index, the next one if it is new. */
  add(handle: object, moves: boolean): number {
    const known = this.#indexes.get(handle);
    if (known !== undefined) return known;
    this.#indexes.set(handle, this.#handles.length);
    if (moves) this.#transferList.push(handle as Bun.Transferable);
    return this.#handles.push(handle) - 1;
  }

  /** Adds what the caller wants to be moved, whether or not it is in the value; once each. */
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

  /** Forgets all handles but the first `count`; arrays handed out before are left as they are. */
  truncate(count: number): void {
    if (count === this.#handles.length) return;
    const dropped = new Set<object>(this.#handles.slice(count));
    this.#handles = this.#handles.slice(0, count);
    this.#transferList = this.#transferList.filter((item) => !dropped.has(item));
    for (const handle of dropped) this.#indexes.delete(handle);
  }
}

function refusedTransfer(item: unknown): string | undefined {
  if (utilTypes().isSharedArrayBuffer(item)) {
    return "is a SharedArrayBuffer, which is shared as it is; leave it out of transfer.";
  }
  if (utilTypes().isArrayBuffer(item)) {
    return item.detached ? "is a detached ArrayBuffer; it has been moved already." : undefined;
  }
  if (ArrayBuffer.isView(item)) return "is a view, which cannot be moved; list its buffer instead.";
  if (!utilTypes().isProxy(item) && item instanceof MessagePort) return undefined;
  return "cannot be moved; only ArrayBuffers and MessagePorts can.";
}
