/** Programs that Bun runs again when a file changes: `bun --hot` and `bun --watch`, with the package packed and added as its users do. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { Project } from "./project.ts";
import { RunningProgram } from "./running-program.ts";

setDefaultTimeout(120_000);

let project: Project;
beforeAll(async () => {
  project = await Project.create();
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
});

/** Where a program has its pool. */
const POOLS = {
  "that it makes anew": "const pool = new ThreadPool(2, OPTIONS);",
  "that it keeps on globalThis": "const pool = (globalThis.pool ??= new ThreadPool(2, OPTIONS));",
} as const;
type Kind = keyof typeof POOLS;
const KINDS = Object.keys(POOLS) as Kind[];

/** Writes a program of some modules, in a folder of its own; `edit` writes one of them again. */
async function programOf(
  name: string,
  modules: Readonly<Record<string, string>>,
): Promise<{ main: string; edit: (module: string, from: string, to: string) => Promise<void> }> {
  await mkdir(`${project.folder}/${name}`);
  const texts = { ...modules };
  for (const [module, text] of Object.entries(texts))
    await project.write(`${name}/${module}`, text);
  return {
    main: `${name}/main.ts`,
    edit: async (module, from, to) => {
      const text = texts[module]?.replace(from, to);
      if (text === undefined || text === texts[module]) throw new Error(`No such text: ${from}`);
      texts[module] = text;
      await project.write(`${name}/${module}`, text);
    },
  };
}

const HEAD = `import { ThreadPool, fromModule, registerClass } from "ringpool";\nconst OPTIONS = {};\n`;
/** Keeps a program alive that has nothing more to do. */
const STAY = `\nsetInterval(() => {}, 1 << 30);\n`;
const TASKS = `
import { depth } from "./dependency.ts";
export const exported = () => ["task 0", depth];
export default () => "default 0";
`;
const NAMED = `export const named = () => "named 0";`;

function everyCallable(pool: Kind): Readonly<Record<string, string>> {
  return {
    "main.ts": `${HEAD}
import whole, { exported } from "./tasks.ts";
${POOLS[pool]}
export function own() { return "own 0"; }
const { named } = fromModule<typeof import("./named.ts")>(new URL("./named.ts", import.meta.url));
const inline = () => "inline 0";
const all = async () => ({
  // More runs than workers, so that each of them has something to do.
  exported: await Promise.all(Array.from({ length: 8 }, () => pool.run(exported, []))),
  whole: await pool.run(whole, []),
  own: await pool.run(own, []),
  named: await pool.run(named, []),
  inline: await pool.run(inline, []),
  mapped: await pool.map(exported, [0]),
  sync: pool.runSync(exported, []),
});
console.log(JSON.stringify(await all()));
${STAY}`,
    "tasks.ts": TASKS,
    "dependency.ts": `export const depth = "depth 0";`,
    "named.ts": NAMED,
  };
}

describe("a program under bun --hot", () => {
  test.each(KINDS)("runs the edited code in the workers of a pool %s", async (kind) => {
    const { main, edit } = await programOf(`all ${KINDS.indexOf(kind)}`, everyCallable(kind));
    await using program = new RunningProgram(project, "--hot", main);
    const expected = (versions: Readonly<Record<string, number>>): Record<string, unknown> => {
      const { task = 0, depth = 0, whole = 0, own = 0, named = 0, inline = 0 } = versions;
      const exported = [`task ${task}`, `depth ${depth}`];
      return {
        exported: Array.from({ length: 8 }, () => exported),
        whole: `default ${whole}`,
        own: `own ${own}`,
        named: `named ${named}`,
        inline: `inline ${inline}`,
        mapped: [exported],
        sync: exported,
      };
    };
    expect(await program.next()).toEqual(expected({}));
    await edit("tasks.ts", "task 0", "task 1");
    expect(await program.next()).toEqual(expected({ task: 1 }));
    await edit("dependency.ts", "depth 0", "depth 1");
    expect(await program.next()).toEqual(expected({ task: 1, depth: 1 }));
    await edit("main.ts", "inline 0", "inline 1");
    expect(await program.next()).toEqual(expected({ task: 1, depth: 1, inline: 1 }));
    await edit("main.ts", "own 0", "own 1");
    expect(await program.next()).toEqual(expected({ task: 1, depth: 1, inline: 1, own: 1 }));
    await edit("tasks.ts", "default 0", "default 1");
    const last = { task: 1, depth: 1, inline: 1, own: 1, whole: 1 };
    expect(await program.next()).toEqual(expected(last));
    // No module of the program's thread imports this one, so Bun does not watch it.
    await edit("named.ts", "named 0", "named 1");
    await edit("dependency.ts", "depth 1", "depth 2");
    expect(await program.next()).toEqual(expected({ ...last, named: 1, depth: 2 }));
    // Back to a text that was put before.
    await edit("tasks.ts", "task 1", "task 0");
    expect(await program.next()).toEqual(expected({ ...last, named: 1, depth: 2, task: 0 }));
  });

  test.each(KINDS)(
    "sends instances of the classes of its new modules to a pool %s",
    async (kind) => {
      const { main, edit } = await programOf(`classes ${KINDS.indexOf(kind)}`, {
        "main.ts": `${HEAD}
import { Point, Text, length, shout } from "./points.ts";
${POOLS[kind]}
globalThis.first ??= new Point(3, 4);
const moved = await pool.run(length, [new Point(3, 4)]);
const ofBefore = await pool.run(length, [globalThis.first]);
const text = await pool.run(shout, [new Text("a")]);
console.log(JSON.stringify({ moved: moved instanceof Point, version: moved.version(), length: moved.x,
  ofBefore: ofBefore instanceof Point, text: text instanceof Text && text.text }));
${STAY}`,
        "points.ts": `
import { registerClass } from "ringpool";
export class Point { constructor(public x: number, public y: number) {} version() { return 0; } }
export class Text { #text; constructor(text: string) { this.#text = text; } get text() { return this.#text; } }
registerClass(Point);
registerClass(Text, { name: "a text", encode: ({ text }) => text, decode: (text) => new Text(text) });
export const length = ({ x, y }: Point) => new Point(Math.hypot(x, y), 0);
export const shout = ({ text }: Text) => new Text(text + "!");
`,
      });
      await using program = new RunningProgram(project, "--hot", main);
      const expected = { moved: true, version: 0, length: 5, ofBefore: true, text: "a!" };
      expect(await program.next()).toEqual(expected);
      for (const version of [1, 2]) {
        await edit("points.ts", `return ${version - 1}`, `return ${version}`);
        expect(await program.next()).toEqual({ ...expected, version });
      }
    },
  );

  test("has one ThreadPool class before and after, and one class of each error", async () => {
    const { main, edit } = await programOf("classes of ringpool", {
      "main.ts": `${HEAD}
import { PayloadError, CallableError } from "ringpool";
const pool = (globalThis.pool ??= new ThreadPool(1));
const error = (call) => call().then(() => undefined, (reason) => reason);
const payload = await error(async () => pool.run((value) => value, [{ nested: () => 0 }]));
const callable = await error(async () => pool.run(Map, []));
console.log(JSON.stringify({ pool: pool instanceof ThreadPool, payload: payload instanceof PayloadError,
  callable: callable instanceof CallableError, version: 0 }));
${STAY}`,
    });
    await using program = new RunningProgram(project, "--hot", main);
    for (const version of [0, 1, 2]) {
      if (version > 0) await edit("main.ts", `version: ${version - 1}`, `version: ${version}`);
      expect(await program.next()).toEqual({ pool: true, payload: true, callable: true, version });
    }
  });

  test("runs the edited initializer in a pool that it keeps", async () => {
    const { main, edit } = await programOf("initializer", {
      "main.ts": `${HEAD}
import { prepare, prepared } from "./tasks.ts";
globalThis.pool ??= new ThreadPool(2, { initializer: prepare, initargs: ["by"] });
console.log(JSON.stringify(await globalThis.pool.map(prepared, [0, 1, 2, 3], { chunkSize: 1 })).replace(/^/, '{"all":') + "}");
${STAY}`,
      "tasks.ts": `let by = "nothing";
export function prepare(word: string) { by = word + " version 0"; }
export const prepared = () => by;
`,
    });
    await using program = new RunningProgram(project, "--hot", main);
    for (const version of [0, 1, 2]) {
      if (version > 0) await edit("tasks.ts", `version ${version - 1}`, `version ${version}`);
      const all = Array.from({ length: 4 }, () => `by version ${version}`);
      expect(await program.next()).toEqual({ all });
    }
  });

  test("loses no request that a pool had when it was loaded again", async () => {
    const { main, edit } = await programOf("busy", {
      "main.ts": `${HEAD}
import { held } from "./tasks.ts";
globalThis.pool ??= new ThreadPool(2);
globalThis.gate ??= new Int32Array(new SharedArrayBuffer(4));
const version = 0;
if (version === 0) {
  globalThis.pending = Promise.all(Array.from({ length: 6 }, () => globalThis.pool.run(held, [globalThis.gate])));
} else {
  const late = globalThis.pool.run(held, [globalThis.gate]);
  Atomics.store(globalThis.gate, 0, 1);
  Atomics.notify(globalThis.gate, 0);
  const early = await globalThis.pending;
  console.log(JSON.stringify({ early: early.length, late: await late }));
}
console.log(JSON.stringify({ version }));
${STAY}`,
      "tasks.ts": `export function held(gate: Int32Array) { Atomics.wait(gate, 0, 0); return "held 0"; }`,
    });
    await using program = new RunningProgram(project, "--hot", main);
    expect(await program.next()).toEqual({ version: 0 });
    await edit("main.ts", "const version = 0", "const version = 1");
    expect(await program.next()).toEqual({ early: 6, late: "held 0" });
  });

  test.each(KINDS)(
    "keeps threads, files and memory over 50 reloads, with a pool %s",
    async (kind) => {
      const { main, edit } = await programOf(`flat ${KINDS.indexOf(kind)}`, {
        "main.ts": `${HEAD}
import { readdirSync } from "node:fs";
import { depth } from "./tasks.ts";
${POOLS[kind]}
const version = 0;
await Promise.all(Array.from({ length: 8 }, () => pool.run(depth, [])));
const threads = () => readdirSync("/proc/self/task").length;
globalThis.threads ??= threads();
globalThis.files ??= readdirSync("/proc/self/fd").length;
// The threads of before are about to end.
while (threads() > globalThis.threads + 2) await Bun.sleep(1);
while (readdirSync("/proc/self/fd").length > globalThis.files + 4) await Bun.sleep(1);
console.log(JSON.stringify({ version, bytes: process.memoryUsage.rss() }));
${STAY}`,
        "tasks.ts": `export const depth = () => "depth";`,
      });
      await using program = new RunningProgram(project, "--hot", main);
      const bytes: number[] = [];
      for (let version = 0; version <= 50; version++) {
        if (version > 0)
          await edit("main.ts", `const version = ${version - 1};`, `const version = ${version};`);
        const line = await program.next();
        expect(line["version"]).toBe(version);
        bytes.push(line["bytes"] as number);
      }
      // Bun itself keeps some of each evaluation. Two workers take 20 MB or more.
      const grown = ((bytes.at(-1) as number) - (bytes[10] as number)) / 40;
      expect(grown).toBeLessThan(1 << 20);
      expect(await program.end()).toBe("");
    },
  );
});

describe("a program under bun --watch", () => {
  test("starts again when a task is edited, and its workers run the new code", async () => {
    const { main, edit } = await programOf("watched", everyCallable("that it makes anew"));
    await using program = new RunningProgram(project, "--watch", main);
    expect(await program.next()).toMatchObject({ sync: ["task 0", "depth 0"], own: "own 0" });
    for (const version of [1, 2, 3]) {
      await edit("tasks.ts", `task ${version - 1}`, `task ${version}`);
      expect(await program.next()).toMatchObject({ sync: [`task ${version}`, "depth 0"] });
    }
    await edit("dependency.ts", "depth 0", "depth 1");
    expect(await program.next()).toMatchObject({ sync: ["task 3", "depth 1"] });
  });

  test.each([
    ["blocks", "pool.runSync(held, [gate]);"],
    ["waits for a request", "await pool.run(held, [gate]);"],
  ])("starts again while it %s that never ends", async (_, call) => {
    const { main, edit } = await programOf(`stuck ${call.length}`, {
      "main.ts": `${HEAD}
import { held, version } from "./tasks.ts";
const pool = new ThreadPool(2);
const gate = new Int32Array(new SharedArrayBuffer(4));
console.log(JSON.stringify({ version }));
${call}`,
      "tasks.ts": `export const version = 0; export function held(gate: Int32Array) { Atomics.wait(gate, 0, 0); }`,
    });
    await using program = new RunningProgram(project, "--watch", main);
    expect(await program.next()).toEqual({ version: 0 });
    await edit("tasks.ts", "version = 0", "version = 1");
    expect(await program.next()).toEqual({ version: 1 });
  });
});
