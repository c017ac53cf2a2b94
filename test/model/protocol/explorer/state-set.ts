/**
 * The states found so far, each with a number: packed states in chunks of memory, and an open-addressing hash table of
 * their numbers. States are kept whole, so two different states are never taken for the same.
 */
const CHUNK_SHIFT = 14;
const CHUNK_STATES = 1 << CHUNK_SHIFT;

export class StateSet {
  size = 0;
  readonly #words: number;
  readonly #chunks: Int32Array[] = [];
  /** Number of a state + 1, or 0 where there is none; at most half full. */
  #table: Int32Array = new Int32Array(1 << 16);

  /** @param words 32-bit words of a state */
  constructor(words: number) {
    this.#words = words;
  }

  /** A state by its number. Do not write to it. */
  at(index: number): Int32Array {
    const from = (index & (CHUNK_STATES - 1)) * this.#words;
    const chunk = this.#chunks[index >>> CHUNK_SHIFT] as Int32Array;
    return chunk.subarray(from, from + this.#words);
  }

  /** Adds a state. Returns its number, which is the former `size` when the state is new. */
  add(state: Int32Array): number {
    if (this.size * 2 >= this.#table.length) this.#grow();
    const mask = this.#table.length - 1;
    for (let place = hash(state) & mask; ; place = (place + 1) & mask) {
      const found = this.#table[place] as number;
      if (found === 0) {
        this.#table[place] = this.size + 1;
        return this.#append(state);
      }
      if (this.#equals(found - 1, state)) return found - 1;
    }
  }

  #append(state: Int32Array): number {
    const within = this.size & (CHUNK_STATES - 1);
    if (within === 0) this.#chunks.push(new Int32Array(CHUNK_STATES * this.#words));
    (this.#chunks.at(-1) as Int32Array).set(state, within * this.#words);
    return this.size++;
  }

  #equals(index: number, state: Int32Array): boolean {
    const chunk = this.#chunks[index >>> CHUNK_SHIFT] as Int32Array;
    const from = (index & (CHUNK_STATES - 1)) * this.#words;
    for (let word = 0; word < this.#words; word++) {
      if (chunk[from + word] !== state[word]) return false;
    }
    return true;
  }

  #grow(): void {
    const table = new Int32Array(this.#table.length * 2);
    const mask = table.length - 1;
    for (let index = 0; index < this.size; index++) {
      let place = hash(this.at(index)) & mask;
      while (table[place] !== 0) place = (place + 1) & mask;
      table[place] = index + 1;
    }
    this.#table = table;
  }
}

/** Mixes as MurmurHash3 does. */
function hash(state: Int32Array): number {
  let mixed = 0;
  for (let word = 0; word < state.length; word++) {
    let part = Math.imul(state[word] as number, 0xcc9e2d51);
    part = (part << 15) | (part >>> 17);
    mixed ^= Math.imul(part, 0x1b873593);
    mixed = (mixed << 13) | (mixed >>> 19);
    mixed = (Math.imul(mixed, 5) + 0xe6546b64) | 0;
  }
  mixed ^= mixed >>> 16;
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
