import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { runProgram } from "./main-module.ts";

setDefaultTimeout(60_000);

/** What stands at the beginning of each main module. */
const HEAD = `import { NoResultsPending, ThreadPool, WorkRequest, makeRequests } from "ringpool";
export function work(n: number): number { return n + 1; }
`;
/** What stands at the end: it prints a line that only the program itself can print. */
const TAIL = `
console.log("main only", Bun.isMainThread, "deaths", pool.stats().workers.map((it) => it.deaths).join());
`;

/** Programs whose main module exports the callable and uses the pool without a guard. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "awaits run at its top level": `const pool = new ThreadPool(1); console.log(await pool.run(work, [1]));`,
  "awaits several runs, in several lines": `const pool = new ThreadPool(2);
const results = await Promise.all([
  pool.run(work, [1]),
  pool.run(work, [2]),
]);
console.log(results[0]);`,
  "awaits runs in a loop": `const pool = new ThreadPool(1);
for (const n of [0, 1]) {
  const result = await pool.run(work, [n]);
  if (n === 1) console.log(result);
}`,
  "exports an arrow function that it defines before": `const pool = new ThreadPool(1);
export const later = (n: number): number => n + 1;
console.log(await pool.run(later, [1]));`,
  "awaits a function that waits for something else first": `let pool!: ThreadPool;
async function main(): Promise<void> {
  await Bun.sleep(1);
  pool = new ThreadPool(1);
  console.log(await pool.run(work, [1]));
}
await main();`,
  "starts a function and awaits nothing": `let pool!: ThreadPool;
async function main(): Promise<void> {
  pool = new ThreadPool(1);
  console.log(await pool.run(work, [1]));
}
main().then(() => console.log("main only", Bun.isMainThread, "deaths", pool.stats().workers[0]?.deaths));`,
  "makes the pool while an asynchronous callable runs": `let pool!: ThreadPool;
export async function slow(n: number): Promise<number> { await Bun.sleep(50); return n + 1; }
async function main(): Promise<void> {
  await Bun.sleep(10);
  pool = new ThreadPool(1);
  console.log(await pool.run(slow, [1]));
  await pool.run(slow, [1]);
  console.log("main only", Bun.isMainThread, "deaths", pool.stats().workers[0]?.deaths);
}
main();`,
  "puts requests and waits": `const pool = new ThreadPool(1);
for (const request of makeRequests(work, [1], (_, result) => console.log(result))) pool.putRequest(request);
pool.wait();`,
  "puts requests and polls": `const pool = new ThreadPool(1);
let result: unknown;
pool.putRequest(new WorkRequest(work, [1], {}, { callback: (_, found) => { result = found; } }));
for (;;) try { pool.poll(); } catch (error) { if (error instanceof NoResultsPending) break; throw error; }
console.log(result);`,
  "blocks in runSync": `const pool = new ThreadPool(1); console.log(pool.runSync(work, [1]));`,
  "awaits settled": `const pool = new ThreadPool(1);
pool.putRequest(new WorkRequest(work, [1], {}, { callback: (_, result) => console.log(result) }));
await pool.settled();`,
  "listens to events and changes the number of workers": `const pool = new ThreadPool(1).on("idle", () => {});
pool.createWorkers(1);
pool.dismissWorkers(1, true);
pool.joinAllDismissedWorkers();
const size = pool.workers.length + pool.dismissedWorkers.length + pool.workRequests.size;
if (Bun.isMainThread !== (size === 1)) throw new Error(String(size));
console.log(await pool.run(work, [1]));`,
  "wraps what stops it": `const pool = new ThreadPool(1);
try { console.log(pool.runSync(work, [1])); } catch (error) { throw new Error("it failed", { cause: error }); }`,
  "collects what stops it": `const pool = new ThreadPool(1);
try { console.log(pool.runSync(work, [1])); } catch (error) { throw new AggregateError([new Error("one"), new Error("two", { cause: error })]); }`,
  "lets go of something while what stops it is thrown": `const pool = new ThreadPool(1);
{ using log = { [Symbol.dispose]() { if (!Bun.isMainThread) throw new Error("no log"); } }; console.log(pool.runSync(work, [1])); }`,
  "wraps what stops it in code that nothing awaits": `let pool!: ThreadPool;
async function main(): Promise<void> {
  await null;
  pool = new ThreadPool(1);
  try { console.log(pool.runSync(work, [1])); } catch (error) { throw new Error("it failed", { cause: error }); }
  console.log("main only", Bun.isMainThread, "deaths", pool.stats().workers[0]?.deaths);
}
main();`,
  "extends the class": `class Pool extends ThreadPool { override stats() { return super.stats(); } twice(n: number) { return this.run(work, [n]); } }
const pool = new Pool(1); console.log(await pool.twice(1));`,
};

describe("a main module without a guard", () => {
  for (const [title, source] of Object.entries(PROGRAMS)) {
    test(`that ${title}: its request succeeds, its worker lives, and its code runs no further there`, async () => {
      const tail = source.includes("main only") ? "" : TAIL;
      const ended = await runProgram({ "main.ts": `${HEAD}${source}${tail}` });
      expect(ended.stderr).toBe("");
      expect(ended.lines.at(0)).toBe("2");
      expect(ended.lines.at(-1)).toMatch(/^main only true deaths 0(,0)*$/);
      expect(ended.lines).toHaveLength(2);
      expect(ended.exitCode).toBe(0);
    });
  }

  test("that ends with using and await using: its request succeeds", async () => {
    for (const how of ["using", "await using"]) {
      const { lines, stderr, exitCode } = await runProgram({
        "main.ts": `${HEAD}${how} pool = new ThreadPool(1); console.log(await pool.run(work, [1]));`,
      });
      expect(stderr).toBe("");
      expect(lines).toEqual(["2"]);
      expect(exitCode).toBe(0);
    }
  });

  test("that is a CommonJS module: its request succeeds, whether it awaits or blocks", async () => {
    for (const [name, use] of [
      ["main.cjs", "pool.run(work, [1]).then((it) => { console.log(it); return pool.close(); });"],
      ["main.cjs", "console.log(pool.runSync(work, [1]));"],
      ["main.js", "console.log(pool.runSync(work, [1]));"],
    ] as const) {
      const { lines, stderr, exitCode } = await runProgram({
        [name]: `const { ThreadPool } = require("ringpool");
function work(n) { return n + 1; }
exports.work = work;
const pool = new ThreadPool(1);
${use}`,
      });
      expect(stderr).toBe("");
      expect(lines).toEqual(["2"]);
      expect(exitCode).toBe(0);
    }
  });

  test("that is a CommonJS module and blocks before it defines an export: the error says so", async () => {
    const { lines, folder } = await runProgram({
      "main.cjs": `const { ThreadPool, fromModule } = require("ringpool");
exports.work = (n) => n + 1;
const pool = new ThreadPool(1);
console.log(pool.runSync(exports.work, [1]));
exports.late = () => 1;
try { pool.runSync(fromModule(__filename, "late")); } catch (error) { console.log(String(error)); }`,
    });
    expect(lines[0]).toBe("2");
    expect(lines[1]).toEndWith(`at=${folder}/main.cjs:4:18 export=late`);
    expect(lines).toHaveLength(2);
  });

  test("that makes the pool while an asynchronous initializer runs: the pool starts and its worker lives", async () => {
    const { lines, stderr } = await runProgram({
      "main.ts": `import { ThreadPool } from "ringpool";
export async function prepare(): Promise<void> { await Bun.sleep(50); }
export function work(n: number): number { return n + 1; }
async function main(): Promise<void> {
  await Bun.sleep(10);
  const pool = new ThreadPool(1, { initializer: prepare });
  console.log(await pool.run(work, [1]), pool.stats().workers[0]?.deaths);
  await pool.close();
}
main();`,
    });
    expect(stderr).toBe("");
    expect(lines).toEqual(["2 0"]);
  });
});

describe("a module that is not the main module", () => {
  test("may make a pool in code that it leaves behind, while an asynchronous callable runs", async () => {
    const { lines, stderr } = await runProgram({
      "main.ts": `import { slow, results } from "./work.ts"; import { ThreadPool } from "ringpool";
const pool = new ThreadPool(1);
console.log(await pool.run(slow, [1]), await pool.run(slow, [2]), await results, pool.stats().workers[0]?.deaths);
await pool.close();`,
      "work.ts": `import { ThreadPool } from "ringpool";
export async function slow(n: number): Promise<number> { await Bun.sleep(50); return n + 1; }
async function begin(): Promise<number> {
  await Bun.sleep(10);
  const pool = new ThreadPool(1);
  const result = await pool.run((n: number) => n * 2, [4]);
  await pool.close();
  return result;
}
export const results = begin();`,
    });
    expect(stderr).toBe("");
    expect(lines).toEqual(["2 3 8 0"]);
  });
});

describe("a callable that makes a pool", () => {
  for (const [title, source] of Object.entries({
    "at once": `export function make(): void { new ThreadPool(1); }`,
    "deep in its calls": `export function make(depth = 100): void { if (depth > 0) { make(depth - 1); return; } new ThreadPool(1); }`,
    "after an await, and uses it": `export async function make(): Promise<void> { await Bun.sleep(1); await new ThreadPool(1).run(() => 1); }`,
  })) {
    test(`${title}: fails with an error that names the place`, async () => {
      const { lines, folder, stderr } = await runProgram({
        "main.ts": `import { make } from "./make.ts"; import { ThreadPool } from "ringpool";
const pool = new ThreadPool(1);
for (let i = 0; i < 2; i++) console.log(await pool.run(make).catch((error) => String(error)));
console.log(pool.stats().workers[0]?.deaths);
await pool.close();`,
        "make.ts": `import { ThreadPool } from "ringpool"; ${source}`,
      });
      expect(stderr).toBe("");
      expect(lines).toHaveLength(3);
      for (const line of lines.slice(0, 2)) {
        expect(line).toMatch(/^ThreadPoolError: A (?:ThreadPool was constructed|callable uses)/);
        expect(line).toContain(` at=${folder}/make.ts:1:`);
      }
      expect(lines[2]).toBe("0");
    });
  }
});

describe("process.exit in a worker", () => {
  for (const [title, source] of Object.entries({
    "by a callable": `export function work(n: number): number { if (n === 1) process.exit(3); return n; }`,
    "by a callable after an await": `export async function work(n: number): Promise<number> { await Bun.sleep(1); if (n === 1) process.exit(3); return n; }`,
    "by a timer of a callable": `export async function work(): Promise<void> { setTimeout(() => { process.exit(3); }, 1); await Bun.sleep(10_000); }`,
  })) {
    test(`${title}: the cause of WorkerDied says where`, async () => {
      const { lines, folder } = await runProgram({
        "main.ts": `import { ThreadPool } from "ringpool"; import { work } from "./work.ts";
const pool = new ThreadPool(1);
await pool.run(work, [1]).catch((error) => console.log(error.name, error.exitCode, String(error.cause)));
await pool.close();`,
        "work.ts": source,
      });
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^WorkerDied 3 ThreadPoolError: .*called process\.exit\(3\)/);
      expect(lines[0]).toContain(` at=${folder}/work.ts:1:`);
    });
  }
});

describe("a module that workers load before anything else", () => {
  const EARLY = `import { ThreadPool } from "ringpool";
const pool = new ThreadPool(1); void pool.run(() => 1);
(globalThis as { early?: number }).early = pool.workers.length;`;
  const MAIN = `import { ThreadPool } from "ringpool";
const pool = new ThreadPool(1, OPTIONS);
console.log(await pool.run(() => (globalThis as { early?: number }).early));
await pool.close();`;

  test("by the option preload may make a pool: it is inert", async () => {
    const { lines, stderr } = await runProgram({
      "main.ts": MAIN.replace(
        "OPTIONS",
        `{ preload: Bun.fileURLToPath(new URL("./early.ts", import.meta.url)) }`,
      ),
      "early.ts": EARLY,
    });
    expect(stderr).toBe("");
    expect(lines).toEqual(["0"]);
  });
});
