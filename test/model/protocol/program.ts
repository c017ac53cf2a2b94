/** A thread as a program: steps with names, each of which does one atomic operation and says which comes next. */

/**
 * One atomic step of the thread `me`.
 *
 * @returns the name of the next step; undefined when this one cannot be taken now, with nothing changed
 */
export type Step<Me> = (me: Me) => string | undefined;

/** Steps by what they do, as a story tells them. */
export type Steps<Me> = Readonly<Record<string, Step<Me>>>;

/** Where a thread stands is the number of the step that it takes next. */
export class Program<Me extends { at: number }> {
  readonly #names: readonly string[];
  readonly #steps: readonly Step<Me>[];
  readonly #numbers: ReadonlyMap<string, number>;

  /** @param parts steps; a name may occur in one part only */
  constructor(...parts: readonly Steps<Me>[]) {
    const entries = parts.flatMap((part) => Object.entries(part));
    this.#names = entries.map(([name]) => name);
    this.#steps = entries.map(([, step]) => step);
    this.#numbers = new Map(this.#names.map((name, number) => [name, number]));
    if (this.#numbers.size !== entries.length)
      throw new RangeError("Two steps of a program have one name");
  }

  get names(): readonly string[] {
    return this.#names;
  }

  number(name: string): number {
    const number = this.#numbers.get(name);
    if (number === undefined) throw new RangeError(`A program has no such step: name=${name}`);
    return number;
  }

  nameOf(me: Me): string {
    return this.#names[me.at] as string;
  }

  /** Takes the thread's next step. Returns false when it cannot be taken now. */
  take(me: Me): boolean {
    const next = (this.#steps[me.at] as Step<Me>)(me);
    if (next === undefined) return false;
    me.at = this.number(next);
    return true;
  }
}
