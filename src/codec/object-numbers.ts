import { Map } from "../runtime/index.ts";

/** Up to so many objects a scan is cheaper than a Map. Most values hold only a few objects. */
const SCANNED_MAX = 12;

/** Numbers the objects of a value in the order in which they are met, to find cycles and shared references. */
export class ObjectNumbers {
  readonly #scanned: (object | undefined)[] = Array.from({ length: SCANNED_MAX }, () => undefined);
  #mapped: Map<object, number> | undefined = undefined;
  #count: number = 0;

  /** How many objects have a number. */
  get count(): number {
    return this.#count;
  }

  /** Returns the number of an object that was met before. Gives a new object the next number, and returns -1. */
  meet(object: object): number {
    const count = this.#count;
    if (this.#mapped !== undefined) return this.#meetMapped(this.#mapped, object);
    const scanned = this.#scanned;
    for (let number = 0; number < count; number++) if (scanned[number] === object) return number;
    if (count === SCANNED_MAX) return this.#meetMapped(this.#startMap(), object);
    scanned[count] = object;
    this.#count = count + 1;
    return -1;
  }

  /** Forgets all objects after the first `count`. */
  truncate(count: number): void {
    for (let number = count; number < this.#count && number < SCANNED_MAX; number++) {
      this.#scanned[number] = undefined;
    }
    if (count <= SCANNED_MAX) {
      this.#mapped = undefined;
    } else if (this.#mapped !== undefined) {
      for (const [object, number] of this.#mapped) if (number >= count) this.#mapped.delete(object);
    }
    this.#count = count;
  }

  #meetMapped(mapped: Map<object, number>, object: object): number {
    const number = mapped.get(object);
    if (number !== undefined) return number;
    mapped.set(object, this.#count++);
    return -1;
  }

  #startMap(): Map<object, number> {
    const mapped = new Map<object, number>();
    for (const [number, object] of this.#scanned.entries())
      if (object !== undefined) mapped.set(object, number);
    this.#mapped = mapped;
    return mapped;
  }
}
