import { afterEach, describe, expect, test } from "bun:test";
import FakeTimers from "@sinonjs/fake-timers";
import { PayloadError, ThreadPool } from "../../src/index.ts";
import { rejection } from "../pool/rejection.ts";

const taken = { Date, Map, URL, Uint8Array };
afterEach(() => {
  Object.assign(globalThis, taken);
});

const echo = (value: unknown): [unknown, string] => [value, value!.constructor.name];

describe("an instance of a subclass that stands in the place of a built-in class", () => {
  test("arrives as the built-in class, when fake timers have replaced Date", async () => {
    await using pool = new ThreadPool(1);
    const clock = FakeTimers.install({ toFake: ["Date"] });
    try {
      const date = new Date(5);
      expect(Object.getPrototypeOf(date)).not.toBe(taken.Date.prototype);
      const [back, name] = await pool.run(echo, [date]);
      expect(name).toBe("Date");
      expect(Object.getPrototypeOf(back)).toBe(taken.Date.prototype);
      expect((back as Date).getTime()).toBe(5);
    } finally {
      clock.uninstall();
    }
  });

  test("crosses back, when a callable has installed fake timers", async () => {
    await using pool = new ThreadPool(1);
    const made = await pool.run(async () => {
      const { default: Timers } = await import("@sinonjs/fake-timers");
      const clock = Timers.install({ now: 7, toFake: ["Date"] });
      const date = new Date();
      clock.setSystemTime(8);
      return date;
    });
    expect(made).toEqual(new Date(7));
  });

  const VALUES: Readonly<Record<string, () => object>> = {
    Map: () => new Map([[1, 2]]),
    URL: () => new URL("https://a.b/c"),
    Uint8Array: () => new Uint8Array([1, 2]),
  };
  for (const [name, make] of Object.entries(VALUES)) {
    for (const foreign of ["refuse", "plain"] as const) {
      test(`arrives as the built-in class: ${name}, with foreign ${foreign}`, async () => {
        await using pool = new ThreadPool(1, { foreign });
        const plain = make();
        const BuiltIn = Reflect.get(globalThis, name) as new () => object;
        Reflect.set(globalThis, name, class extends BuiltIn {});
        const value = make();
        const Replacement = Reflect.get(globalThis, name) as unknown;
        const back = pool.runSync(echo, [value])[0];
        Reflect.set(globalThis, name, BuiltIn);
        expect(value.constructor).toBe(Replacement as Function);
        expect(back).toEqual(plain);
        expect(Object.getPrototypeOf(back)).toBe(BuiltIn.prototype);
      });
    }
  }

  test("is refused when it is of a subclass of that subclass", async () => {
    await using pool = new ThreadPool(1);
    globalThis.Map = class<K, V> extends taken.Map<K, V> {};
    class Index extends Map<number, number> {}
    const index = new Index();
    globalThis.Map = taken.Map;
    expect(await rejection(pool.run(echo, [index]))).toBeInstanceOf(PayloadError);
  });
});
