/** A thread as a program: steps with names. Each step does one atomic operation and says which step comes next. */

/**
 * One atomic step of the thread `me`.
 *
 * @returns the name of the next step; undefined when this step cannot be taken now, and then it has changed nothing
 */
export type Step<Me> = (me: Me) => string | undefined;

/** Steps by their names, which say what they do. */
export type Steps<Me> = Readonly<Record<string, Step<Me>>>;

/** The steps of all parts. Throws a RangeError when two steps have the same name, because one of them would be lost. */
export function together<Me>(...parts: readonly Steps<Me>[]): Steps<Me> {
  const entries = parts.flatMap((part) => Object.entries(part));
  const steps = Object.fromEntries(entries);
  if (Object.keys(steps).length !== entries.length)
    throw new RangeError("Two steps of a program have one name");
  return steps;
}

/** A thread's steps by number. The state of a thread is the number of the step that it takes next. */
export class Program<Me extends { at: number }> {
  readonly #names: readonly string[];
  readonly #steps: readonly Step<Me>[];
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #isPrivate: readonly boolean[];

  /**
   * @param steps what the thread can do
   * @param privately names of steps that touch nothing that another thread reads or writes. They are taken together
   *   with
   *   the step before them, because no thread can tell the difference
   */
  constructor(steps: Steps<Me>, privately: readonly string[] = []) {
    const entries = Object.entries(steps);
    this.#names = entries.map(([name]) => name);
    this.#steps = entries.map(([, step]) => step);
    this.#numbers = new Map(this.#names.map((name, number) => [name, number]));
    this.#isPrivate = this.#names.map((name) => privately.includes(name));
  }

  /** The names of all steps, by number. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** The number of a step. */
  number(name: string): number {
    const number = this.#numbers.get(name);
    if (number === undefined) throw new RangeError(`A program has no such step: name=${name}`);
    return number;
  }

  /** The name of the step that a thread takes next. */
  nameOf(me: Me): string {
    return this.#names[me.at] as string;
  }

  /** Takes the thread's next step. Returns false when it cannot be taken now. */
  take(me: Me): boolean {
    const next = (this.#steps[me.at] as Step<Me>)(me);
    if (next === undefined) return false;
    me.at = this.number(next);
    if (this.#isPrivate[me.at] === true) this.take(me);
    return true;
  }
}
