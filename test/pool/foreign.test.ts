/** Instances of classes that nobody has registered, and objects that only the engine can clone, through real workers. */
import { afterAll, describe, expect, test } from "bun:test";
import { createSecretKey } from "node:crypto";
import { BlockList } from "node:net";
import { PayloadError, ThreadPool, WorkRequest } from "../../src/index.ts";
import type { Foreign } from "../../src/index.ts";
import {
  Amount,
  blocks,
  doubled,
  exportedKey,
  grown,
  instantiate,
  reportTree,
  throwTree,
  treeOf,
} from "./fixtures/foreign.ts";
import { rejection } from "./rejection.ts";

class Item {
  name = "item";
  readonly #hidden = 1;
  get hidden(): number {
    return this.#hidden;
  }
}

const refusing = new ThreadPool(1);
const taking = new ThreadPool(1, { foreign: "plain" });
afterAll(() => Promise.all([refusing.close(), taking.close()]));

const nameOf = (item: { name: string }): string =>
  `${item.name} ${Object.getPrototypeOf(item) === Object.prototype}`;
const TREE = { kind: "root", children: [{ kind: "leaf", children: [] }] };

function put(
  pool: ThreadPool,
  callable: (...args: never[]) => unknown,
  args: unknown[],
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const callback = (_: unknown, result: unknown): void => resolve(result);
    const excCallback = (_: unknown, excInfo: readonly [string, unknown, string]): void =>
      reject(excInfo[1]);
    pool.putRequest(new WorkRequest(callable, args as [], {}, { callback, excCallback }));
  });
}

describe("an instance of an unregistered class", () => {
  test("is refused by default as an argument and as a result, with the option that takes it", async () => {
    for (const attempt of [
      () => refusing.run(nameOf, [new Item()]),
      async () => refusing.runSync(nameOf, [new Item()]),
      () => put(refusing, nameOf, [new Item()]),
    ])
      expect(await rejection(attempt())).toMatchObject({ path: "args[0]" });
    for (const attempt of [
      () => refusing.run(treeOf),
      async () => refusing.runSync(treeOf),
      () => put(refusing, treeOf, []),
    ]) {
      const error = (await rejection(attempt())) as PayloadError;
      expect(error.path).toBe("result");
      expect(error.message).toContain('pass foreign: "plain"');
    }
  });

  test("is taken as plain data in a pool that says so, in every way of putting a request", async () => {
    expect(await taking.run(nameOf, [new Item()])).toBe("item true");
    expect(taking.runSync(nameOf, [new Item()])).toBe("item true");
    expect(await put(taking, nameOf, [new Item()])).toBe("item true");
    expect(await taking.run(treeOf)).toEqual(TREE);
    expect(taking.runSync(treeOf)).toEqual(TREE);
    expect(await put(taking, treeOf, [])).toEqual(TREE);
  });

  test("is taken or refused by one request whatever its pool says", async () => {
    expect(await refusing.run(treeOf, [], { foreign: "plain" })).toEqual(TREE);
    expect(refusing.runSync(nameOf, [new Item()], { foreign: "plain" })).toBe("item true");
    expect(await rejection(taking.run(treeOf, [], { foreign: "refuse" }))).toMatchObject({
      path: "result",
    });
    expect(await rejection(taking.run(nameOf, [new Item()], { foreign: "refuse" }))).toMatchObject({
      path: "args[0]",
    });
    expect(await rejection(refusing.run(treeOf))).toMatchObject({ path: "result" });
  });

  test("is taken in reports, in thrown errors, and by an initializer", async () => {
    const reports: unknown[] = [];
    const onProgress = (value: unknown): void => void reports.push(value);
    await taking.run(reportTree, [], { onProgress });
    expect(reports).toEqual([TREE]);
    expect(await rejection(taking.run(throwTree))).toMatchObject({ tree: TREE });
    expect(Object.keys((await rejection(refusing.run(throwTree))) as object)).toEqual([]);
    await using pool = new ThreadPool(1, {
      foreign: "plain",
      initializer: nameOf,
      initargs: [new Item()],
    });
    expect(await pool.run(treeOf)).toEqual(TREE);
    expect(() => new ThreadPool(1, { initializer: nameOf, initargs: [new Item()] })).toThrow(
      /initargs\[0\].*foreign: "plain"/,
    );
  });

  test.each(["Plain", "", true, 1])("needs an option that there is: %p", async (foreign) => {
    const options = { foreign: foreign as Foreign };
    if (foreign !== null)
      expect(() => new ThreadPool(0, options)).toThrow(/foreign is "refuse" or "plain": foreign=/);
    if (foreign !== null)
      expect(await rejection(refusing.run(nameOf, [new Item()], options))).toBeInstanceOf(
        TypeError,
      );
  });
});

describe("what the engine alone can clone crosses both ways", () => {
  test("a WebAssembly.Module is compiled once and used in the workers", async () => {
    const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    expect(await refusing.run(instantiate, [module])).toBe(true);
    expect(await refusing.run(instantiate, [module])).toBe(true);
  });

  test("a shared WebAssembly.Memory stays shared", async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
    const returned = await refusing.run(grown, [memory]);
    expect(new Uint8Array(memory.buffer)[0]).toBe(7);
    expect(new Uint8Array(returned.buffer)[0]).toBe(7);
  });

  test("a KeyObject and a BlockList", async () => {
    expect(await refusing.run(exportedKey, [createSecretKey(Buffer.from("k"))])).toEqual([
      "k",
      "secret",
    ]);
    const list = new BlockList();
    list.addAddress("1.2.3.4");
    const [blocked, returned] = await refusing.run(blocks, [list, "1.2.3.4"]);
    expect([blocked, returned.check("1.2.3.4")]).toEqual([true, true]);
  });

  test("the named properties of arrays, both ways", async () => {
    const match = /(?<year>\d+)-(\d+)/.exec("on 2026-11") as RegExpExecArray;
    const same = (value: RegExpExecArray): unknown => [value.index, value.groups?.["year"], value];
    const [index, year, returned] = (await refusing.run(same, [match])) as [
      number,
      string,
      RegExpExecArray,
    ];
    expect([index, year, returned.input, returned.groups?.["year"]]).toEqual([
      3,
      "2026",
      "on 2026-11",
      "2026",
    ]);
  });
});

describe("a class with encode and decode", () => {
  test("crosses both ways", async () => {
    const amount = await refusing.run(doubled, [new Amount(3n)]);
    expect([amount instanceof Amount, amount.units]).toEqual([true, 6n]);
  });

  test("fails only its own request when a function throws, on either side, and names the place", async () => {
    const others = [
      refusing.run(doubled, [new Amount(1n)]),
      refusing.run(doubled, [new Amount(2n)]),
    ];
    const cases: [bigint, string, RegExp][] = [
      [-1n, "args[0]", /could not be encoded: the encode of Amount has thrown RangeError: -1/],
      [-2n, "args[0]", /could not be decoded: the decode of Amount has thrown RangeError: -2/],
    ];
    for (const [units, path, message] of cases) {
      const error = (await rejection(refusing.run(doubled, [new Amount(units)]))) as PayloadError;
      expect(error).toBeInstanceOf(PayloadError);
      expect([error.path, message.test(error.message)]).toEqual([path, true]);
    }
    const result = (await rejection(refusing.run(doubled, [new Amount(50n)]))) as PayloadError;
    expect(result.path).toBe("result");
    expect((await Promise.all(others)).map(({ units }) => units)).toEqual([2n, 4n]);
  });

  test("whose decode waits for a pool fails, and the pool goes on", async () => {
    Amount.whileDecoding = () => refusing.runSync((a: number) => a, [1]);
    const error = (await rejection(refusing.run(doubled, [new Amount(8n)]))) as PayloadError;
    Amount.whileDecoding = undefined;
    expect(String(error)).toMatch(
      /decode of Amount has thrown.*decode function of registerClass waits for results/,
    );
    expect((await refusing.run(doubled, [new Amount(4n)])).units).toBe(8n);
    expect(refusing.runSync((a: number) => a, [2])).toBe(2);
  });
});
