/**
 * A state is a list of small numbers with names, one byte each.
 *
 * A model declares its records (a queue, a task, a worker) with the greatest value that each field can
 * have, and reads and writes them as objects: `worker.head = queue.head`. A state that is kept is packed into as few
 * bits as those bounds allow.
 */

/** Greatest value of each field of a record; the least is 0. */
export type Bounds = Readonly<Record<string, number>>;
/** A record as an object over the bytes of the current state. */
export type View<B extends Bounds> = { -readonly [Name in keyof B]: number };

/** The names and bounds of all fields of a state, in the order of its bytes. */
export class Layout {
  readonly names: string[] = [];
  readonly greatest: number[] = [];

  /** Number of fields, which is the length of a state in bytes. */
  get size(): number {
    return this.names.length;
  }

  /**
   * Adds `count` records of a kind.
   *
   * @returns where each of them begins
   */
  add(kind: string, bounds: Bounds, count: number = 1): number[] {
    return Array.from({ length: count }, (_, i) => {
      const first = this.size;
      for (const [name, greatest] of Object.entries(bounds)) {
        this.names.push(`${count === 1 ? kind : `${kind} ${i}`}.${name}`);
        this.greatest.push(greatest);
      }
      return first;
    });
  }
}

/** Makes objects over the records of one kind. They share one class, so that access stays fast. */
export function viewer<B extends Bounds>(bounds: B): (bytes: Uint8Array, first: number) => View<B> {
  // Fields are properties of the same object, so these two names are ones that no field has.
  class RecordView {
    readonly stateBytes: Uint8Array;
    readonly firstByte: number;
    constructor(bytes: Uint8Array, first: number) {
      this.stateBytes = bytes;
      this.firstByte = first;
    }
  }
  for (const [offset, name] of Object.keys(bounds).entries()) {
    Object.defineProperty(RecordView.prototype, name, {
      get(this: RecordView) {
        return this.stateBytes[this.firstByte + offset];
      },
      set(this: RecordView, value: number) {
        this.stateBytes[this.firstByte + offset] = value;
      },
    });
  }
  return (bytes, first) => new RecordView(bytes, first) as unknown as View<B>;
}

/** Packs states into bits, and unpacks them. No field lies across two words. */
export class Packing {
  /** 32-bit words of a packed state. */
  readonly words: number;
  readonly #names: readonly string[];
  readonly #greatest: Uint8Array;
  readonly #word: Uint8Array;
  readonly #shift: Uint8Array;
  readonly #mask: Uint8Array;

  constructor(layout: Layout) {
    this.#names = layout.names;
    this.#greatest = Uint8Array.from(layout.greatest);
    this.#word = new Uint8Array(layout.size);
    this.#shift = new Uint8Array(layout.size);
    this.#mask = new Uint8Array(layout.size);
    let word = 0;
    let used = 0;
    for (const [field, greatest] of layout.greatest.entries()) {
      const bits = 32 - Math.clz32(greatest);
      if (used + bits > 32) {
        word += 1;
        used = 0;
      }
      this.#word[field] = word;
      this.#shift[field] = used;
      this.#mask[field] = 2 ** bits - 1;
      used += bits;
    }
    this.words = word + 1;
  }

  /** @throws RangeError when a field is beyond its bound, which is an error in the model */
  pack(bytes: Uint8Array, into: Int32Array): void {
    into.fill(0);
    const fields = this.#names.length;
    for (let field = 0; field < fields; field++) {
      const value = bytes[field] as number;
      if (value === 0) continue;
      if (value > (this.#greatest[field] as number)) {
        throw new RangeError(
          `A field is beyond its bound: name=${this.#names[field]} value=${value}`,
        );
      }
      const word = this.#word[field] as number;
      into[word] = (into[word] as number) | (value << (this.#shift[field] as number));
    }
  }

  unpack(from: Int32Array, bytes: Uint8Array): void {
    const fields = this.#names.length;
    for (let field = 0; field < fields; field++) {
      const word = from[this.#word[field] as number] as number;
      bytes[field] = (word >>> (this.#shift[field] as number)) & (this.#mask[field] as number);
    }
  }
}
