import { describe, expect, test } from "bun:test";
import { ThreadPool } from "../../../src/index.ts";
import type { CallableMessage, ForgetMessage } from "../../../src/protocol/index.ts";
import { FOR_THREADS } from "../../../src/callable/index.ts";
import { CallableRegistry } from "../../../src/pool/queue/callable-registry.ts";
import type { ChannelSet } from "../../../src/pool/queue/channel-set.ts";
import type { RequestTable } from "../../../src/pool/request/request-table.ts";

/** A function that is made when the program runs, with a text of its own. */
const generated = (n: number): ((value: number) => number) =>
  // oxlint-disable-next-line typescript/no-implied-eval -- generated functions are what is tested
  new Function("value", `return value + ${n}`) as (value: number) => number;

/** A registry with a table of requests that need these numbers, and all that it has told the workers. */
function makeRegistry(needed: readonly number[] = []) {
  const told: (CallableMessage | ForgetMessage)[] = [];
  const channels = {
    define: (message: CallableMessage) => told.push(message),
    forget: (message: ForgetMessage) => told.push(message),
  } as unknown as ChannelSet;
  const table = {
    oldest: (visit: (pending: object) => boolean) =>
      needed.find((callableId) => visit({ callableId })),
  } as unknown as RequestTable;
  const registry = new CallableRegistry(channels, table, FOR_THREADS);
  const forgotten = (): number[] =>
    told.flatMap((message) => ("forgotten" in message ? message.forgotten : []));
  return { registry, told, forgotten };
}

describe("a callable that nothing uses any more", () => {
  test("is forgotten, here and in the workers, and its number is never given again", () => {
    const { registry, told, forgotten } = makeRegistry();
    const ids = Array.from({ length: 2000 }, (_, n) => registry.idOf(generated(n)));
    expect(new Set(ids).size).toBe(2000);
    expect(registry.definitions.length).toBeLessThanOrEqual(256);
    expect(new Set(forgotten()).size).toBe(forgotten().length);
    const known = new Set(registry.definitions.map(({ id }) => id));
    for (const id of forgotten()) expect(known.has(id)).toBe(false);
    expect(known.size + forgotten().length).toBe(2000);
    expect(told.filter((message) => "definition" in message)).toHaveLength(2000);
  });

  test("is kept while a pending request names it", () => {
    const { registry, forgotten } = makeRegistry([0, 7, 300]);
    for (let n = 0; n < 2000; n++) registry.idOf(generated(n));
    expect(forgotten().filter((id) => [0, 7, 300].includes(id))).toEqual([]);
    expect(registry.definitions.map(({ id }) => id)).toContain(300);
  });

  test("is kept while it is put again and again", () => {
    const { registry } = makeRegistry();
    const often = generated(-1);
    const id = registry.idOf(often);
    for (let n = 0; n < 2000; n++) {
      registry.idOf(generated(n));
      expect(registry.idOf(often)).toBe(id);
    }
  });

  test("gets another number when it is put again, and is told anew", () => {
    const { registry, told, forgotten } = makeRegistry();
    const first = generated(-2);
    const id = registry.idOf(first);
    for (let n = 0; n < 600; n++) registry.idOf(generated(n));
    expect(forgotten()).toContain(id);
    const again = registry.idOf(first);
    expect(again).toBeGreaterThan(id);
    expect(told.at(-1)).toMatchObject({ id: again });
  });

  test("is told anew under its number when its request was put after all", () => {
    const { registry, told, forgotten } = makeRegistry();
    const first = generated(-3);
    const id = registry.idOf(first);
    // What code of the program does that runs while the request is put, such as a getter of an argument.
    for (let n = 0; n < 600; n++) registry.idOf(generated(n));
    expect(forgotten()).toContain(id);
    expect(registry.hasForgotten).toBe(true);
    registry.keep(id, first);
    expect(told.at(-1)).toMatchObject({ id });
    expect(registry.definitions.map((message) => message.id)).toContain(id);
  });
});

test("a registry does not keep the functions alive that were put last", () => {
  const registries = Array.from({ length: 20 }, () => makeRegistry().registry);
  const refs = registries.map((registry, n) => {
    const held = { n };
    const callable = (): number => held.n;
    registry.idOf(callable);
    return new WeakRef(held);
  });
  return new Promise<void>((resolve) => {
    setTimeout(() => {
      Bun.gc(true);
      const left = refs.filter((ref) => ref.deref() !== undefined);
      // The engine may still find one on the stack.
      expect(left.length).toBeLessThan(3);
      expect(registries).toHaveLength(20);
      resolve();
    });
  });
});

describe("a pool that is given ever new functions", () => {
  test("runs each of them, while many are pending and old ones come again", async () => {
    await using pool = new ThreadPool(2);
    const kept = Array.from({ length: 40 }, (_, n) => generated(n + 1e6));
    const running: Promise<void>[] = [];
    for (let n = 0; n < 1500; n++) {
      running.push(pool.run(generated(n), [1]).then((value) => expect(value).toBe(n + 1)));
      const old = kept[n % 40] as (value: number) => number;
      running.push(pool.run(old, [1]).then((value) => expect(value).toBe((n % 40) + 1e6 + 1)));
      if (n % 100 === 99) await Promise.all(running.splice(0));
    }
    await Promise.all(running);
  });

  test("runs a request during whose put a getter has put hundreds of others", async () => {
    await using pool = new ThreadPool(1);
    const inner: Promise<unknown>[] = [];
    const argument = {
      get value() {
        for (let n = 0; n < 600; n++) inner.push(pool.runSync(generated(n + 2e6), [0]) as never);
        return 41;
      },
    };
    const outer = (given: { readonly value: number }): number => given.value + 1;
    expect(await pool.run(outer, [argument])).toBe(42);
    expect(inner).toEqual(Array.from({ length: 600 }, (_, n) => (n + 2e6) as never));
  });

  test("gives a successor of a worker what it may be asked to run", async () => {
    await using pool = new ThreadPool(1, { retries: 1 });
    for (let n = 0; n < 600; n++) await pool.run(generated(n + 3e6), [0]);
    const last = generated(4e6);
    expect(await pool.run(last, [1])).toBe(4e6 + 1);
    await expect(pool.run(() => process.exit(3), [], { retries: 0 })).rejects.toThrow(
      "exit code 3",
    );
    expect(await pool.run(last, [2])).toBe(4e6 + 2);
  });
});
