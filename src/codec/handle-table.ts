import { PayloadError } from "../errors.ts";
import {
  describeValue,
  utilTypes,
  ArrayBuffer,
  Map,
  Set,
  structuredClone,
  MessagePort,
} from "../runtime/index.ts";
import { Refusal } from "./refusal.ts";

const NONE: readonly never[] = [] as never[];

/** The objects of one value that only `postMessage` can carry, each once, and which of them must be transferred. */
export class HandleTable {
  #handles: object[] = [];
  #transferList: Bun.Transferable[] = [];
  readonly #indexes: Map<object, number> = new Map();
  /** What the caller wants to be moved, as the caller has listed it. */
  #listed: readonly object[] = NONE;

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
    const listed: object[] = [];
    for (let index = 0; index < transfer.length; index++) {
      const item = transfer[index]!;
      const reason = refusedTransfer(item);
      if (reason !== undefined) throw refusedItem(index, reason);
      this.add(item, true);
      listed.push(item);
    }
    this.#listed = listed;
  }

  /**
   * Checks that everything in `transferList` can be moved, all at once: to post the list moves all of it or nothing.
   * Call it when the whole value has been read, because a getter may have moved an item.
   *
   * @throws PayloadError that names the item that cannot be moved
   */
  checkMovable(): void {
    if (this.#transferList.length === 0 || canBeMoved(this.#transferList)) return;
    for (const [index, item] of this.#listed.entries())
      if (!canBeMoved([item])) throw refusedItem(index, unmovable(item));
    throw new Refusal("holds a MessagePort that was closed or moved while the value was read.");
  }

  /** Forgets all handles after the first `count`. Arrays that were handed out before do not change. */
  truncate(count: number): void {
    if (count === 0) this.#listed = NONE;
    if (count === this.#handles.length) return;
    const dropped = new Set<object>(this.#handles.slice(count));
    this.#handles = this.#handles.slice(0, count);
    this.#transferList = this.#transferList.filter((item) => !dropped.has(item));
    for (const handle of dropped) this.#indexes.delete(handle);
  }
}

/** Whether a port can be moved: it is neither closed nor moved already. */
export function isMovable(port: object): boolean {
  return canBeMoved([port]);
}

/** The reason why a port cannot be moved. */
export const CLOSED_PORT =
  "is a MessagePort that is closed, or has been moved already; pass an open one.";

/** Why an item cannot be moved, as far as its class tells; undefined when it can. */
function refusedTransfer(item: unknown): string | undefined {
  if (utilTypes().isSharedArrayBuffer(item)) {
    return "is a SharedArrayBuffer, which is shared and not moved; leave it out of transfer.";
  }
  if (utilTypes().isArrayBuffer(item)) return isDetached(item) ? DETACHED : undefined;
  if (ArrayBuffer.isView(item)) return "is a view, which cannot be moved; list its buffer instead.";
  if (!utilTypes().isProxy(item) && item instanceof MessagePort) return undefined;
  return "cannot be moved; only ArrayBuffers and MessagePorts can.";
}

const DETACHED = "is a detached ArrayBuffer; it has been moved already.";

/** Why an item cannot be moved that is of the right class. */
function unmovable(item: object): string {
  if (!utilTypes().isArrayBuffer(item)) return CLOSED_PORT;
  if (isDetached(item)) return DETACHED;
  return "is the memory of a WebAssembly.Memory, which cannot be moved; leave it out of transfer, and it is copied.";
}

function isDetached(buffer: ArrayBufferLike): boolean {
  return detached.call(buffer);
}

/** The getter itself: an own property of a buffer may hide it. */
// oxlint-disable-next-line typescript/unbound-method -- called with the buffer
const detached = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "detached")!.get as (
  this: ArrayBufferLike,
) => boolean;

/**
 * Whether all of these can be moved. The engine alone knows: memory of WebAssembly looks like any other, and a closed
 * port like an open one. It checks the list before it reads the value, and moves the list after that. So a value that
 * throws when it is read makes the engine check and move nothing.
 */
function canBeMoved(items: readonly object[]): boolean {
  try {
    structuredClone(UNREADABLE, { transfer: items as Bun.Transferable[] });
    return false;
  } catch (thrown) {
    return thrown === STOP;
  }
}

const STOP = Symbol("stop");
const UNREADABLE = {
  get stop(): never {
    // oxlint-disable-next-line typescript/only-throw-error -- no error of the engine is this symbol
    throw STOP;
  },
};

function refusedItem(index: number, reason: string): PayloadError {
  const path = `transfer[${index}]`;
  return new PayloadError(`${path} ${reason} path=${path}`, { path });
}
