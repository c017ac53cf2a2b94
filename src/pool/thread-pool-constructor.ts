import type { ModuleCallable } from "../callable/index.ts";
import type { ThreadPoolOptions } from "./options.ts";
import type { CallableOf, Inferred } from "./request/callable-types.ts";

type InitializerOf<A extends readonly unknown[]> =
  | CallableOf<A, unknown>
  | ModuleCallable<Inferred<A, unknown>>;

/**
 * The constructor of `ThreadPool`, which compares the arguments of an initializer with its parameters. That needs a type
 * parameter, and a constructor in a class has none of its own.
 */
export interface ThreadPoolConstructor<Pool> {
  /** As of every class: what its instances inherit. */
  readonly prototype: Pool;
  /**
   * Starts the workers.
   *
   * @param numWorkers 0 to 256; with 0 create some later, or say `inline: true`. When left out, as many as there are cores, within `minWorkers`
   *   and `maxWorkers`
   * @throws RangeError or TypeError for a bad count or option, naming it, its range and the value
   */
  new (numWorkers?: number, options?: Omit<ThreadPoolOptions, "initializer" | "initargs">): Pool;
  /** As above, with an initializer and its arguments. */
  new <A extends readonly unknown[] | []>(
    numWorkers: number | undefined,
    options: ThreadPoolOptions & {
      readonly initializer: InitializerOf<A>;
      readonly initargs: A;
    },
  ): Pool;
  /** As above, with an initializer that needs no arguments. */
  new (
    numWorkers: number | undefined,
    options: ThreadPoolOptions & {
      readonly initializer?: InitializerOf<[]> | undefined;
      readonly initargs?: readonly [] | undefined;
    },
  ): Pool;
}
