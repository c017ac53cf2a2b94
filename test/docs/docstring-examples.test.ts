/** The examples in docstrings compile: editors and the API reference show them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { ROOT } from "./pages.ts";
import type { Block } from "./pages.ts";
import { typeErrorsOf } from "./type-errors.ts";

setDefaultTimeout(180_000);

/** What the examples take for granted. Everything that the package exports is there as well. */
const SETUP = `
import * as ringpool from "ringpool";
import * as worker from "ringpool/worker";
import type * as metrics from "ringpool/metrics";
import type { Tracer } from "@opentelemetry/api";
declare global {
  type Scene = { width: number };
  type Space = { points: number[] };
  type Hit = number;
  var { ThreadPool, WorkRequest, ThreadPoolError, makeRequests, fromModule, registerClass, sharedArray, formatStats }: typeof ringpool;
  var { taskContext, transfer }: typeof worker;
  var { traceContext, withTraceContext, observeMetrics, prometheusText, PROMETHEUS_CONTENT_TYPE, registerPrometheus, traceRequests }: typeof metrics;
  var tracer: Tracer;
  var pool: ringpool.ThreadPool;
  function primesBelow(limit: number, options?: { wheel?: number }): number;
  function fib(n: number): number;
  function plainFib(n: number): number;
  function merge(values: Float64Array, from: number, middle: number, to: number): void;
  function add(a: number, b: number): number;
  function print(request: unknown, result: number): void;
  function endless(): Generator<number>;
  function render(page: string): string;
  function countWords(page: string): number;
  function fillSquares(start: number, end: number, squares: Float64Array): void;
  function parseRows(path: string): AsyncGenerator<string[]>;
  function compress(path: string): Generator<Uint8Array<ArrayBuffer>>;
  function insert(row: string[]): Promise<void>;
  function draw(scene: Scene): Uint8Array<ArrayBuffer>;
  function isHit(point: number): boolean;
  var pages: string[];
  var path: string;
  class Decimal {
    constructor(text: string);
  }
}
`;

const EXAMPLES = /^( *)\* ```ts\n([^]*?)^ *\* ```/gm;

/** What some examples import. */
const FILES = new Map([
  [
    "tasks.ts",
    "export declare function primesBelow(limit: number): number;\nexport declare function other(text: string): string;\n",
  ],
]);

function blockOf(page: string, line: number, code: string): Block {
  const name = undefined;
  return {
    page,
    line,
    language: "ts",
    trial: "check",
    reason: "",
    name,
    setup: "",
    code,
    files: FILES,
  };
}

/** The examples of a file, as blocks of a page. */
function examplesOf(file: string, source: string): Block[] {
  return [...source.matchAll(EXAMPLES)].map(({ 2: lines = "", index }) =>
    blockOf(file, source.slice(0, index).split("\n").length + 1, lines.replaceAll(/^ *\* ?/gm, "")),
  );
}

/** Docstrings of classes and functions that the package does not export. */
const INNER = new Set([
  "src/codec/encoder.ts",
  "src/codec/columns/column-packer.ts",
  "src/runtime/known-options.ts",
]);

const ambient = blockOf("setup", 0, `${SETUP}\nexport {};\n`);

test("every example of a public docstring compiles", async () => {
  const files = [...new Glob("src/**/*.ts").scanSync(ROOT)]
    .filter((file) => !INNER.has(file))
    .sort();
  const examples = files.flatMap((file) =>
    examplesOf(file, readFileSync(join(ROOT, file), "utf8")),
  );
  expect(examples.length).toBeGreaterThan(15);
  expect(await typeErrorsOf([ambient, ...examples])).toEqual([]);
});

test("an example that does not compile is told with its line", async () => {
  const source =
    "/**\n * Adds.\n *\n * @example\n * ```ts\n * const sum: string = add(1, 2);\n * ```\n */\n";
  expect(await typeErrorsOf([ambient, ...examplesOf("one.ts", source)])).toEqual([
    expect.stringMatching(/^one\.ts:6: error TS2322/),
  ]);
});
