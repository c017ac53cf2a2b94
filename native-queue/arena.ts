import { log2, powerOfTwoAtLeast } from "./sequence.ts";
import { RangeError, Uint8Array } from "./globals.ts";

const SMALLEST_LOG2 = 8;
/**
 * What `#heads` says of a 256-byte unit that is allocated or not the first of its block. The first unit of a free block
 * of order n has n + 1.
 */
const NOT_FREE_HEAD = 0;

/** No block of that size is free. */
export const NO_BLOCK = -1;

/**
 * Memory for payloads that do not fit a task: a buddy allocator over one SharedArrayBuffer.
 *
 * The parent alone allocates and frees, so the allocator's metadata are plain values in the parent's heap: no worker
 * can die while it holds a lock on them, and no worker can damage them. A block is a power of two of bytes. A freed
 * block joins its buddy when that is free, so no pattern of sizes fragments the arena for good.
 *
 * Source: Knowlton's buddy system (CACM 8, 1965), as in Knuth, TAOCP 1, 2.5.
 */
export class Arena {
  /** Size of the arena in bytes. */
  readonly capacityBytes: number;
  #freeBytes: number;
  readonly #orders: number;
  /** By order: a stack of offsets in units. An offset that `#heads` does not confirm is stale and skipped. */
  readonly #stacks: number[][];
  readonly #heads: Uint8Array;
  /** By the first unit of an allocated block: its order, plus 1. */
  readonly #allocated: Uint8Array;

  /**
   * @param capacityBytes a power of two, 256 to 2^30
   * @throws RangeError for anything else
   */
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

  /** How many bytes free blocks have. Free and allocated blocks always add up to the capacity. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /**
   * Allocates a block of at least `bytes` bytes.
   *
   * @returns its offset in bytes, or `NO_BLOCK`
   * @throws RangeError when `bytes` is negative or not a number
   */
  tryAllocate(bytes: number): number {
    if (!(bytes >= 0)) throw new RangeError(`A block has 0 bytes or more: bytes=${bytes}`);
    // Also because `orderFor` knows 32 bits only.
    if (bytes > this.capacityBytes) return NO_BLOCK;
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

  /**
   * Frees the block that starts at `offset`.
   *
   * @throws RangeError when no allocated block starts there
   */
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
      // A block that has joined its buddy has left its offset on the stack.
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
