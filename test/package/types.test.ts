/** The types of the built package, as compilers of several versions read them under the options of other people's projects. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { ClusterPool } from "../../src/cluster/index.ts";
import { ThreadPool } from "../../src/index.ts";
import { Project, ROOT, run } from "./project.ts";

// A compiler of an old version takes seconds, and the machine may be busy.
setDefaultTimeout(180_000);

const COMPILERS = {
  "5.4": "typescript-5.4/lib/tsc.js",
  "5.6": "typescript-5.6/lib/tsc.js",
  "5.9": "typescript-5.9/lib/tsc.js",
  "6.0": "typescript-6.0/lib/tsc.js",
  "7.0": "typescript/bin/tsc",
} as const;

/** Every line that is said to be an error must be one, so types that are lost, and become `any`, are noticed. */
const USES = `
  import { PayloadError, ThreadPool, WorkRequest, formatStats, fromModule, makeRequests, registerClass } from "ringpool";
  import type { RunOptions, ThreadPoolOptions, WorkerThread } from "ringpool";
  import { taskContext } from "ringpool/worker";
  import { QueueViews, ResultReader, createQueueMemory } from "ringpool/native-queue";
  import { observeMetrics, prometheusText, traceContext, traceRequests } from "ringpool/metrics";
  import * as building from "ringpool/build";
  import * as cluster from "ringpool/bullmq";
  import type { ClusterConnection } from "ringpool/bullmq";
  import * as timeline from "ringpool/timeline";

  export class Point {
    x = 0;
  }
  // What is inferred of the package must have names that the declarations of this module can use.
  export * from "ringpool";
  export * as inWorker from "ringpool/worker";
  export const entries = { building, cluster, timeline };
  export const shared = new ThreadPool(1);
  export default shared;
  export class Mine extends ThreadPool {
    extra = 1;
  }
  export const mine = new Mine(1);
  export const request = new WorkRequest((value: number) => value, [1]);
  export const run = (value: number) => shared.run((one: number) => String(one), [value]);
  export const mapped = (values: number[]) => shared.map((one: number) => one + 1, values);
  export const stream = (values: number[]) => shared.imapUnordered((one: number) => [one], values);
  export const stats = () => shared.stats();
  export const connection: ClusterConnection = { host: "127.0.0.1", tls: true };

  export const halve = (value: number): number => value / 2;
  registerClass(Point, { encode: (point) => point.x, decode: () => new Point() });

  export async function main(options: ThreadPoolOptions): Promise<number> {
    const pool = new ThreadPool(1, options);
    const half: number = await pool.run(halve, [1]);
    // @ts-expect-error -- the result is a number
    const text: string = await pool.run(halve, [1]);
    // @ts-expect-error -- a string is no number
    await pool.run(halve, ["1"]);
    for (const request of makeRequests(halve, [1, 2], (_, result) => result.toFixed())) {
      pool.putRequest(request);
    }
    // @ts-expect-error -- the argument is a number
    pool.putRequest(new WorkRequest(halve, ["x"]));
    for (const [id, request] of pool.workRequests) console_(id, request.args);
    pool.on("workerDied", (worker: WorkerThread, error) => console_(worker.id, error.message));
    pool.on("slow", ({ worker, ranMs, putStack }) => console_(worker.id, ranMs.toFixed(), putStack.length));
    const texts: string[] = [formatStats(pool.stats()), prometheusText([pool])];
    // @ts-expect-error -- a text is no number
    const figure: number = prometheusText(pool);
    const stops: (() => void)[] = [observeMetrics(pool), traceRequests(pool)];
    const parent: string | undefined = traceContext.getStore()?.["traceparent"];
    console_(texts, figure, stops, parent);
    const named = fromModule<{ halve: typeof halve }>("file:///tasks.ts").halve;
    const same: number = pool.runSync(named, [1]);
    // @ts-expect-error -- an unknown option
    const wrong: RunOptions = { timeout: 1 };
    const views = new QueueViews(createQueueMemory(16, 1024));
    const shared: SharedArrayBuffer = views.words.buffer;
    if (taskContext.signal.aborted) taskContext.throwIfCancelled();
    // @ts-expect-error -- a signal is no number
    const signal: number = taskContext.signal;
    await pool.close();
    console_(text, wrong, shared, signal, ResultReader, PayloadError, pool[Symbol.dispose]);
    return half + same;
  }
  function console_(...values: unknown[]): void {
    void values;
  }
`;

/** The names of all that an instance inherits from the package's classes. */
function membersOf(prototype: object): string[] {
  if (prototype === Object.prototype) return [];
  const inherited = membersOf(Object.getPrototypeOf(prototype) as object);
  const own = Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
  return [...new Set([...inherited, ...own])];
}

/** Exports whatever the package has, by types that are inferred: the declarations of a program must be able to name them. */
const PASSES_ON = `
  import * as ringpool from "ringpool";
  import * as worker from "ringpool/worker";
  import * as queue from "ringpool/native-queue";
  import * as building from "ringpool/build";
  import * as timeline from "ringpool/timeline";
  import * as metrics from "ringpool/metrics";
  import * as cluster from "ringpool/bullmq";
  export const entries = [{ ...ringpool }, { ...worker }, { ...queue }, { ...building }, { ...timeline }, { ...metrics }, { ...cluster }];

  export const pool = new ringpool.ThreadPool(1);
  export const { ${membersOf(ThreadPool.prototype).join(", ")} } = pool;
  export const bound = pool.run.bind(pool);
  export function usePool(workers: number) {
    const made = new ringpool.ThreadPool(workers);
    return { made, run: made.run.bind(made), on: made.on.bind(made), stats: made.stats() };
  }
  export class Service {
    readonly #pool = pool;
    stream = this.#pool.stream;
    get reduce() {
      return this.#pool.reduce;
    }
  }
  export const make = (...args: Parameters<typeof ringpool.makeRequests>) => ringpool.makeRequests(...args);
  export const runLater = <F extends ringpool.Callable>(callable: F, ...args: ringpool.RunParameters<F>) => ({ callable, args });

  declare const clusterPool: cluster.ClusterPool<{ halve: (value: number) => number }>;
  export const { ${membersOf(ClusterPool.prototype)
    .map((name) => `${name}: cluster_${name}`)
    .join(", ")} } = clusterPool;
`;

interface Case {
  readonly title: string;
  readonly options: object;
  /** "type" of the project's package.json. */
  readonly type?: "module" | "commonjs";
  /** Compilers that find errors in the types of Bun themselves. */
  readonly except?: readonly string[];
}

const bare = { lib: ["ES2022"], types: [] };
const CASES: readonly Case[] = [
  {
    title: "an ES module under nodenext, with ES2022 alone",
    options: { ...bare, module: "nodenext" },
  },
  {
    title: "a CommonJS module under nodenext, with ES2022 alone",
    options: { ...bare, module: "nodenext" },
    type: "commonjs",
  },
  {
    title: "a bundler's module, with ES2022 alone, without output",
    options: { ...bare, module: "esnext", moduleResolution: "bundler", noEmit: true },
  },
  {
    title: "a preserved module, with every import as it is written",
    options: {
      lib: ["ES2023"],
      types: [],
      module: "preserve",
      moduleResolution: "bundler",
      verbatimModuleSyntax: true,
      isolatedModules: true,
    },
  },
  {
    title: "module commonjs with the resolution of node10",
    options: { ...bare, module: "commonjs", moduleResolution: "node10" },
    type: "commonjs",
    // It is an error there.
    except: ["6.0", "7.0"],
  },
  {
    title: "module commonjs, with every stricter option",
    options: {
      ...bare,
      module: "commonjs",
      exactOptionalPropertyTypes: true,
      noPropertyAccessFromIndexSignature: true,
      noUncheckedIndexedAccess: true,
      isolatedModules: true,
    },
    type: "commonjs",
  },
  {
    title: "beside the types of browsers",
    options: { lib: ["ES2022", "DOM"], types: [], module: "nodenext" },
  },
  {
    title: "beside the types of Bun",
    options: { lib: ["ESNext"], types: ["bun"], module: "esnext", moduleResolution: "bundler" },
    except: ["5.4", "5.6"],
  },
  {
    title: "beside the types of Bun, without the check of libraries",
    options: { lib: ["ESNext"], types: ["bun"], module: "nodenext", skipLibCheck: true },
  },
];

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.write("main.ts", USES);
  await project.write("passes-on.ts", PASSES_ON);
});
afterAll(() => project[Symbol.asyncDispose]());

describe.each(Object.entries(COMPILERS))("TypeScript %s", (version, compiler) => {
  test.each(CASES.filter(({ except }) => except?.includes(version) !== true))(
    "takes $title",
    async ({ options, type }) => {
      await project.write(
        "package.json",
        JSON.stringify({ type: type ?? "module", private: true }),
      );
      const compilerOptions = {
        target: "es2022",
        strict: true,
        declaration: true,
        outDir: "out",
        rootDir: ".",
        skipLibCheck: false,
        ...options,
      };
      await project.write(
        "tsconfig.json",
        JSON.stringify({ compilerOptions, files: ["main.ts", "passes-on.ts"] }),
      );
      const tsc = join(ROOT, "node_modules", compiler);
      const command = [process.execPath, tsc, "--project", ".", "--pretty", "false"];
      const { stdout, stderr, exitCode } = await run(project.folder, ...command);
      expect({ stdout, stderr, exitCode }).toEqual({ stdout: "", stderr: "", exitCode: 0 });
    },
  );
});
