import { Date, utilTypes } from "../../runtime/index.ts";
import { isBareArray } from "../array-writer.ts";
import { ObjectNumbers } from "../object-numbers.ts";
import { kindOf, OTHER } from "./leaf-columns.ts";

const { getPrototypeOf, hasOwn, keys: keysOf } = Object;
// oxlint-disable-next-line typescript/unbound-method -- called with the date
const { getTime } = Date.prototype;

/** An array. */
export const LIST = 0;
/** A date. */
export const DATE = 1;
/** An item of any kind that does not fit, and is encoded by itself. */
export const WHOLE = 2;
/** A plain object; the index of its shape is added. */
export const FIRST_SHAPE = 3;

/** Objects that are nested deeper in an item make the encoder write the item by itself. */
const DEPTH_MAX = 16;
/** Most different lists of keys in one place. */
const SHAPES_MAX = 16;
/** Objects with more keys than these are dictionaries more often than records. */
const KEYS_MAX = 64;
/** Most places in one list of items. */
const BRANCHES_MAX = 1024;
const NUMBER_BYTES = 8;
/** When so many items did not fit, and they are more than half of all, no more are tried. */
const MISFITS_MIN = 8;

/** Plain objects with the same keys in the same order, and the values of each key. */
export interface Shape {
  readonly keys: readonly string[];
  readonly columns: readonly Branch[];
  count: number;
}

/** The values that stand in one place of all items, such as `.user.name`. */
export class Branch {
  /** The values, in the order of the items. An object stands here only to be counted. */
  readonly values: unknown[] = [];
  /** For each object among the values, what it is: see the constants above. */
  readonly kinds: number[] = [];
  /** The dates among the values, in milliseconds. */
  readonly times: number[] = [];
  readonly shapes: Shape[] = [];
  /** The lengths of the arrays among the values. */
  readonly lengths: number[] = [];
  /** The elements of all arrays among the values. */
  elements: Branch | undefined = undefined;
  elementCount: number = 0;

  /** Forgets all values after the first `count`, and what is below them. */
  truncate(count: number): void {
    const { values, kinds, lengths } = this;
    while (values.length > count) {
      const value = values.pop();
      if (typeof value !== "object" || value === null) continue;
      const kind = kinds.pop()!;
      if (kind === LIST) this.elementCount -= lengths.pop()!;
      else if (kind === DATE) this.times.pop();
      else if (kind >= FIRST_SHAPE) this.shapes[kind - FIRST_SHAPE]!.count--;
    }
    this.elements?.truncate(this.elementCount);
    for (const shape of this.shapes)
      for (const column of shape.columns) column.truncate(shape.count);
  }
}

/**
 * Sorts the parts of items by their place, item by item.
 *
 * It reads plain objects, bare arrays, dates and primitives, and follows the encoder in what it reads of them. An item
 * that holds anything else, or refers to one object twice, does not fit; it is encoded by itself. So everything that is
 * rare or refused is decided in one place, the encoder. The properties of an item that does not fit are read twice.
 */
export class Gatherer {
  readonly root: Branch = new Branch();
  /** About how many bytes the values will take. */
  bytes: number = 0;
  /** How many items did not fit. */
  #misfits: number = 0;
  readonly #numbers: ObjectNumbers = new ObjectNumbers();
  #branches: number = 1;

  /** Adds the next item if it is a primitive that can cross. Returns false for every other item. */
  tryAddLeaf(item: unknown): boolean {
    if (typeof item === "string") {
      this.bytes += item.length;
    } else {
      if (kindOf(item) === OTHER) return false;
      this.bytes += NUMBER_BYTES;
    }
    this.root.values.push(item);
    return true;
  }

  /** Adds the next item. Returns false when it does not fit; then nothing is added. */
  tryAdd(item: unknown): boolean {
    const { root } = this;
    if (this.#misfits >= MISFITS_MIN && this.#misfits * 2 > root.values.length) return false;
    const index = root.values.length;
    if (this.#tryGather(item)) return true;
    root.truncate(index);
    this.#misfits++;
    return false;
  }

  #tryGather(item: unknown): boolean {
    try {
      return this.#add(this.root, item, 0);
    } catch {
      // A getter has thrown. The encoder reads the item again, and tells where.
      return false;
    } finally {
      if (this.#numbers.count > 0) this.#numbers.truncate(0);
    }
  }

  /** Returns false, perhaps in the middle, when the value does not fit. */
  #add(branch: Branch, value: unknown, depth: number): boolean {
    if (typeof value === "object" && value !== null) return this.#addObject(branch, value, depth);
    if (typeof value === "function" || typeof value === "symbol") return false;
    branch.values.push(value);
    this.bytes += typeof value === "string" ? value.length : NUMBER_BYTES;
    return true;
  }

  #addObject(branch: Branch, object: object, depth: number): boolean {
    if (depth > DEPTH_MAX || this.#numbers.meet(object) >= 0) return false;
    // Check this first: reading anything of a Proxy runs its traps. A bare array is none.
    const isBare = isBareArray(object);
    if (!isBare && utilTypes().isProxy(object)) return false;
    const prototype: unknown = getPrototypeOf(object);
    if (prototype === Object.prototype) return this.#addRecord(branch, object, depth);
    if (isBare && prototype === Array.prototype)
      return this.#addList(branch, object as readonly unknown[], depth);
    if (prototype !== Date.prototype) return false;
    // Throws for what only has the prototype of a date.
    const time = getTime.call(object as Date);
    branch.values.push(object);
    branch.kinds.push(DATE);
    branch.times.push(time);
    this.bytes += NUMBER_BYTES;
    return true;
  }

  #addRecord(branch: Branch, object: object, depth: number): boolean {
    const keys = keysOf(object);
    const kind = this.#kindOf(branch, keys);
    if (kind === -1) return false;
    const shape = branch.shapes[kind]!;
    branch.values.push(object);
    branch.kinds.push(kind + FIRST_SHAPE);
    shape.count++;
    const { columns } = shape;
    for (let index = 0; index < columns.length; index++) {
      const value = (object as Record<string, unknown>)[keys[index]!];
      if (!this.#add(columns[index]!, value, depth + 1)) return false;
    }
    return true;
  }

  #addList(branch: Branch, array: readonly unknown[], depth: number): boolean {
    const { length } = array;
    branch.elements ??= this.#newBranch();
    branch.values.push(array);
    branch.kinds.push(LIST);
    branch.lengths.push(length);
    branch.elementCount += length;
    const { elements } = branch;
    for (let index = 0; index < length; index++) {
      const value = array[index];
      if (value === undefined && !hasOwn(array, index)) return false;
      if (!this.#add(elements, value, depth + 1)) return false;
    }
    return true;
  }

  /** The index of the shape with these keys; -1 when there is none and no more may be made. */
  #kindOf(branch: Branch, keys: readonly string[]): number {
    const { shapes } = branch;
    for (let index = 0; index < shapes.length; index++)
      if (areSame(shapes[index]!.keys, keys)) return index;
    const tooMany = shapes.length === SHAPES_MAX || keys.length > KEYS_MAX;
    if (tooMany || this.#branches > BRANCHES_MAX || keys.includes("__proto__")) return -1;
    shapes.push({ keys, columns: keys.map(() => this.#newBranch()), count: 0 });
    return shapes.length - 1;
  }

  #newBranch(): Branch {
    this.#branches++;
    return new Branch();
  }
}

function areSame(known: readonly string[], keys: readonly string[]): boolean {
  const { length } = keys;
  if (known.length !== length) return false;
  for (let index = 0; index < length; index++) if (known[index] !== keys[index]) return false;
  return true;
}
