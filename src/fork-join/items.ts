/** What the items of a collection are. */
export interface Items {
  readonly length: number;
  /** How many numbers of a range an item stands for; 1 for the items of a list. */
  readonly step: number;
  /** The arguments of the call for an item. */
  argsOf(index: number): readonly unknown[];
  /** What another worker needs to make the items from one index to another, without the latter. See `itemsOfPart`. */
  partOf(from: number, to: number): Part;
}

/** Some of the items of a collection, as they go to another worker. */
export type Part =
  | readonly [list: readonly unknown[]]
  | readonly [from: number, to: number, step: number, length: number, args: readonly unknown[]];

/** The items of a list. */
export function itemsOfList(list: readonly unknown[]): Items {
  return {
    length: list.length,
    step: 1,
    argsOf: (index) => [list[index]],
    partOf: (from, to) => [list.slice(from, to)],
  };
}

/**
 * Ranges of the numbers from 0 to `length - 1`.
 *
 * @param from the first item, and `to` is the one after the last
 * @param step how many numbers an item has
 * @param args stand behind the numbers
 */
export function itemsOfRange(
  from: number,
  to: number,
  step: number,
  length: number,
  args: readonly unknown[],
): Items {
  return {
    length: to - from,
    step,
    argsOf: (index) => [
      (from + index) * step,
      Math.min(length, (from + index + 1) * step),
      ...args,
    ],
    partOf: (first, end) => [from + first, from + end, step, length, args],
  };
}

/** The items that another worker has sent. */
export function itemsOfPart(part: Part): Items {
  return part.length === 1 ? itemsOfList(part[0]) : itemsOfRange(...part);
}
