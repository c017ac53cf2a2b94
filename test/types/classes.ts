import { registerClass } from "../../src/index.ts";
import type { RunOptions, ThreadPool, ThreadPoolOptions } from "../../src/index.ts";

class Money {
  readonly cents: bigint = 0n;
}
abstract class Shape {
  readonly sides: number = 0;
}

/** What encode returns is what decode takes; the instances are those of the class. */
export function pairs(): void {
  registerClass(Money);
  registerClass(Money, { name: "Money" });
  registerClass(Money, { encode: ({ cents }) => cents, decode: (cents: bigint) => ({ cents }) });
  registerClass(Money, {
    encode: ({ cents }) => [cents],
    decode: ([cents]) => ({ cents: cents ?? 0n }),
  });
  registerClass(Shape);
  // @ts-expect-error -- decode takes another type than encode returns
  registerClass(Money, { encode: ({ cents }) => cents, decode: (cents: string) => ({ cents }) });
  // @ts-expect-error -- decode returns no instance
  registerClass(Money, { encode: ({ cents }) => cents, decode: () => 5 });
  // @ts-expect-error -- encode gets an instance
  registerClass(Money, { encode: (money: string) => money, decode: () => new Money() });
  // @ts-expect-error -- not a class
  registerClass(new Money());
}

/** The option of pools and requests. */
export function foreign(pool: ThreadPool): void {
  const ofPool: ThreadPoolOptions = { foreign: "plain" };
  const ofRequest: RunOptions = { foreign: undefined };
  pool.runSync(() => ofPool.foreign, [], { ...ofRequest, foreign: "refuse" });
  // @ts-expect-error -- one of two words
  const wrong: RunOptions = { foreign: "keep" };
  pool.runSync(() => 1, [], wrong);
}
