import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ThreadPool } from "../../src/index.ts";
import { agreeing, refused } from "./cases.js";

const pool = new ThreadPool(1);
afterAll(() => pool.close());

describe("a function taken straight from a package or a built-in module", () => {
  test.each(agreeing)(
    "gives in a worker what a plain call gives: %s",
    async (_, callable, args) => {
      const expected: unknown = await (callable as (...all: unknown[]) => unknown)(...args);
      expect(await pool.run(callable, args as never)).toEqual(expected as never);
    },
  );

  test.each(refused)(
    "is refused with the reason: %s is %s",
    async (_, _kind, callable, args, message) => {
      await expect(pool.run(callable, args as never)).rejects.toThrow(message);
    },
  );
});

test("the README tells how many functions of how many packages agree", async () => {
  const readme = await Bun.file(join(import.meta.dir, "../../README.md")).text();
  const { devDependencies } = (await Bun.file(join(import.meta.dir, "package.json")).json()) as {
    readonly devDependencies: object;
  };
  const packages = Object.keys(devDependencies).length;
  expect(readme.replaceAll(/\s+/g, " ")).toContain(
    `${agreeing.length} functions taken straight from ${packages} packages, from \`node:\` modules and from \`Bun\``,
  );
});
