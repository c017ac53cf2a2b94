/**
 * The words that threads share, as values: a content is a number, and equal contents have equal numbers. So a state of
 * the machine is a few numbers, going back to an earlier state costs nothing, and whether a state was seen before is
 * answered exactly and not by hashes.
 */
export class SharedMemory {
  readonly #initial: number[] = [];
  readonly #names: string[] = [];
  /** By number: the values of the cells. Cells that were added later have their initial value. */
  readonly #contents: (readonly number[])[] = [[]];
  readonly #numbers = new Map<string, number>([["", 0]]);
  /** By content and cell: the content after a write of a value. */
  readonly #writes: (Map<number, number> | undefined)[][] = [[]];

  /** The content in which every cell has its initial value. */
  readonly start = 0;

  /** Adds a cell. Returns its number. */
  addCell(name: string, initial: number): number {
    this.#names.push(name);
    return this.#initial.push(initial) - 1;
  }

  /** The name of a cell, for stories. */
  nameOf(cell: number): string {
    return this.#names[cell] ?? `cell ${cell}`;
  }

  /** The value of a cell in a content. */
  valueOf(content: number, cell: number): number {
    return (this.#contents[content] as readonly number[])[cell] ?? (this.#initial[cell] as number);
  }

  /** The content that differs from `content` in one cell. */
  write(content: number, cell: number, value: number): number {
    const byCell = this.#writes[content] as (Map<number, number> | undefined)[];
    const byValue = (byCell[cell] ??= new Map<number, number>());
    let after = byValue.get(value);
    if (after === undefined) {
      after = this.#number(content, cell, value);
      byValue.set(value, after);
    }
    return after;
  }

  /** How many different contents there have been. */
  get size(): number {
    return this.#contents.length;
  }

  #number(content: number, cell: number, value: number): number {
    const values = this.#initial.map((_, other) => this.valueOf(content, other));
    values[cell] = value;
    const key = values
      .map((own, at) => (own === this.#initial[at] ? "" : `${at}:${own},`))
      .join("");
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#contents.push(values) - 1;
      this.#writes.push([]);
      this.#numbers.set(key, number);
    }
    return number;
  }
}
