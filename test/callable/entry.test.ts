import { describe, expect, test } from "bun:test";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describeCallable } from "../../src/callable/index.ts";
import type { Callable } from "../../src/callable/index.ts";
// The inner module first: what is loaded first need not be the entry.
import { again, inTable, knows } from "./fixtures/entry/knows.ts";
import * as entry from "./fixtures/entry/index.ts";
import { handlers } from "./fixtures/entry/handlers.ts";
import { runInWorker } from "./fixtures/run-in-worker.ts";

const folder = join(import.meta.dir, "fixtures/entry");
const urlOf = (file: string): string => pathToFileURL(join(folder, file)).href;
const index = urlOf("index.ts");

describe("a function that an entry exports again", () => {
  test.each([
    ["under its name", knows, { url: index, name: "knows" }],
    ["under another name", again, { url: index, name: "renamed" }],
  ] as [string, Callable, object][])(
    "is imported from the entry: %s",
    async (_, callable, place) => {
      expect(describeCallable(callable)).toMatchObject(place);
      expect(await runInWorker(callable, "css")).toEqual({ value: true });
    },
  );

  test("is imported from a CommonJS entry, which gives its core away", async () => {
    const { names } = createRequire(import.meta.url)(join(folder, "common.cjs")) as {
      names: Callable;
    };
    expect(describeCallable(names)).toMatchObject({ url: urlOf("common.cjs"), name: "names" });
    expect(await runInWorker(names)).toEqual({ value: ["html", "css"] });
  });

  test("is imported from its own module where the program's tables alone hold it", () => {
    expect(handlers.inTable).toBe(inTable);
    expect(entry.default.tools.inTable).toBe(inTable);
    expect(describeCallable(inTable)).toMatchObject({ url: urlOf("knows.ts"), name: "inTable" });
  });
});

describe("a function that only a path leads to", () => {
  const nested = { deep: { er: (value: number) => value + base } };
  const base = Number("1");

  test("is refused or sent as source when no module exports the path", () => {
    expect(describeCallable(nested.deep.er).kind).toBe("source");
  });

  test.each(["default", "table", "aFunction", "aNamespace"])(
    "runs in a worker with what its module knows: %s",
    async (name) => {
      const paths = (await import("./fixtures/entry/paths.ts")) as unknown as Record<
        string,
        { readonly inner: { readonly add: Callable } }
      >;
      const { add } = (paths[name] as { readonly inner: { readonly add: Callable } }).inner;
      expect(describeCallable(add)).toMatchObject({ kind: "export", name, path: ["inner", "add"] });
      expect(await runInWorker(add, 1)).toEqual({ value: `${name} 11` });
    },
  );

  test("is never read by running a getter", async () => {
    const { withGetter } = await import("./fixtures/entry/paths.ts");
    const hidden = withGetter.secret;
    expect(() => describeCallable(hidden)).not.toThrow();
    expect(withGetter.reads()).toBe(1);
  });
});

test("another function that stands under the name in the worker is an error, and does not run", async () => {
  const common = createRequire(import.meta.url)(join(folder, "replaced.cjs")) as {
    answer: Callable;
  };
  common.answer = () => ["replaced", "by", "the", "program"].join(" ");
  const outcome = await runInWorker(common.answer);
  expect(outcome).toMatchObject({
    error: {
      name: "CallableError",
      message: expect.stringMatching(
        /another function under that name.*fromModule\(\).* export=answer$/,
      ),
    },
  });
});
