/** A growing list of 32-bit integers. */
export class NumberList {
  length = 0;
  #values: Int32Array = new Int32Array(1 << 12);

  push(value: number): void {
    if (this.length === this.#values.length) {
      const values = new Int32Array(2 * this.length);
      values.set(this.#values);
      this.#values = values;
    }
    this.#values[this.length++] = value;
  }

  pop(): number {
    return this.#values[--this.length] as number;
  }

  at(index: number): number {
    return this.#values[index] as number;
  }
}
