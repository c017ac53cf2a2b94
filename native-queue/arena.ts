/**
 * Memory for payloads that do not fit a task: a buddy allocator over one SharedArrayBuffer.
 *
 * The parent alone allocates and frees, so its metadata are plain values in the parent's heap: no
 * worker can die while it holds a lock on them, and none can corrupt them. A block is a power of two
 * of bytes; a freed block joins its buddy when that is free, so no pattern of sizes wears the arena out.
 *
 * Source: Knowlton's buddy system (CACM 8, 1965), as in Knuth, TAOCP 1, 2.5.
 */
import { log2, powerOfTwoAtLeast } from "./sequence.ts";

const SMALLEST_LOG2 = 8;
/** State of a 256-byte unit: inside a block or allocated, or the first unit of a free block of order n as n + 1. */
const NOT_FREE_HEAD = 0;

/** No block of that size is free. */
export const NO_BLOCK = -1;

/** Allocates blocks of an arena; kept by the parent. */
export class Arena {
  /** Size of the arena, a power of two. */
  readonly capacityBytes: number;
  #freeBytes: number;
  readonly #orders: number;
  /** Per order, a stack of offsets in units; entries that #heads no longer confirms are stale and skipped. */
  readonly #stacks: number[][];
  readonly #heads: Uint8Array;
  /** Order of each allocated block, by its first unit. */
  readonly #allocated: Uint8Array;

  /** @param capacityBytes a power of two, 256 to 2^30 */
  constructor(capacityBytes: number) {
    const isInRange = capacityBytes >= 256 && capacityBytes <= 2 ** 30;
    if (!isInRange || powerOfTwoAtLeast(capacityBytes) !== capacityBytes) {
      throw new RangeError(
        `An arena is a power of two of bytes, 256 to 2^30: capacityBytes=${capacityBytes}`,
      );
    }
    this.capacityBytes = capacityBytes;
    this.#freeBytes = capacityBytes;
    this.#orders = log2(capacityBytes) - SMALLEST_LOG2 + 1;
    this.#stacks = Array.from({ length: this.#orders }, () => []);
    const units = capacityBytes >>> SMALLEST_LOG2;
    this.#heads = new Uint8Array(units);
    this.#allocated = new Uint8Array(units);
    this.#pushFree(0, this.#orders - 1);
  }

  /** Bytes in free blocks; with the live ones they always add up to the capacity. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Allocates a block of at least `bytes`. Returns its offset in bytes, or `NO_BLOCK`. Throws a RangeError for no length. */
  tryAllocate(bytes: number): number {
    if (!(bytes >= 0)) throw new RangeError(`A block has 0 bytes or more: bytes=${bytes}`);
    if (bytes > this.capacityBytes) return NO_BLOCK; // and beyond 32 bits there is no order
    const order = orderFor(bytes);
    for (let from = order; from < this.#orders; from++) {
      const unit = this.#popFree(from);
      if (unit === NO_BLOCK) continue;
      // Split down to size: the upper halves become free.
      for (let split = from - 1; split >= order; split--)
        this.#pushFree(unit + (1 << split), split);
      this.#allocated[unit] = order + 1;
      this.#freeBytes -= 1 << (order + SMALLEST_LOG2);
      return unit << SMALLEST_LOG2;
    }
    return NO_BLOCK;
  }

  /** Frees the block that starts at `offset`. Throws a RangeError when none does. */
  free(offset: number): void {
    let unit = offset >>> SMALLEST_LOG2;
    const isStart = unit << SMALLEST_LOG2 === offset;
    let order = isStart ? (this.#allocated[unit] ?? 0) - 1 : -1;
    if (order < 0) throw new RangeError(`No block of the arena starts there: offset=${offset}`);
    this.#allocated[unit] = 0;
    this.#freeBytes += 1 << (order + SMALLEST_LOG2);
    while (order < this.#orders - 1) {
      const buddy = unit ^ (1 << order);
      if (this.#heads[buddy] !== order + 1) break;
      this.#heads[buddy] = NOT_FREE_HEAD;
      unit = Math.min(unit, buddy);
      order += 1;
    }
    this.#pushFree(unit, order);
  }

  #pushFree(unit: number, order: number): void {
    this.#heads[unit] = order + 1;
    (this.#stacks[order] as number[]).push(unit);
  }

  #popFree(order: number): number {
    const stack = this.#stacks[order] as number[];
    for (let unit = stack.pop(); unit !== undefined; unit = stack.pop()) {
      // A block that joined its buddy left its entry behind.
      if (this.#heads[unit] === order + 1) {
        this.#heads[unit] = NOT_FREE_HEAD;
        return unit;
      }
    }
    return NO_BLOCK;
  }
}

function orderFor(bytes: number): number {
  return Math.max(0, log2(powerOfTwoAtLeast(bytes)) - SMALLEST_LOG2);
}
