/**
 * How much of the memory of a long `imapUnordered` is the engine's: the same loop over two bare workers and `postMessage`,
 * without a pool. Numbers travel in chunks, a few are on their way, and the program takes them one by one.
 *
 *     bun run build && bun --tsconfig-override=bench/tsconfig.dist.json bench/limits/imap-memory.ts
 *
 * Takes 25 seconds. Prints the largest resident size for 1, 10 and 40 million items, each in a fresh process, of this loop and of the pool: as it is,
 * and with an engine that collects the whole heap each time. What is alive is the same in all of them.
 */
const CHUNK = 8192;
const AHEAD = 8;
const ITEMS_A_SAMPLE = 10_000;

/** What each worker does with a chunk. */
const WORKER = `
  const echo = (value) => value;
  onmessage = ({ data }) => postMessage(data.map(echo));
`;

function* numbersUpTo(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

/** Gives the results of chunks one by one, as they come. */
class ByHand implements AsyncIterableIterator<number> {
  readonly #items: Iterator<number>;
  readonly #workers: readonly Worker[];
  readonly #queue: number[][] = [];
  #next = 0;
  #underWay = 0;
  #waiting: ((result: IteratorResult<number, undefined>) => void) | undefined;

  constructor(items: Iterator<number>, workers: readonly Worker[]) {
    this.#items = items;
    this.#workers = workers;
    for (const worker of workers)
      worker.addEventListener("message", ({ data }: MessageEvent<number[]>) => {
        this.#underWay -= 1;
        this.#queue.push(data);
        this.#waiting?.(this.#take() as IteratorResult<number, undefined>);
        this.#waiting = undefined;
      });
    for (let chunk = 0; chunk < AHEAD; chunk++) this.#put(chunk);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<number, undefined>> {
    const taken = this.#take();
    if (taken !== undefined) return Promise.resolve(taken);
    if (this.#underWay === 0) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #take(): IteratorResult<number, undefined> | undefined {
    const [first] = this.#queue;
    if (first === undefined) return undefined;
    const value = first[this.#next++] as number;
    if (this.#next === first.length) {
      this.#queue.shift();
      this.#next = 0;
      this.#put(this.#underWay);
    }
    return { done: false, value };
  }

  #put(turn: number): void {
    const chunk: number[] = [];
    while (chunk.length < CHUNK) {
      const { done, value } = this.#items.next();
      if (done === true) break;
      chunk.push(value);
    }
    if (chunk.length === 0) return;
    this.#underWay += 1;
    this.#workers[turn % this.#workers.length]?.postMessage(chunk);
  }
}

async function mostMemory(count: number): Promise<number> {
  const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
  const workers = [new Worker(url), new Worker(url)];
  let seen = 0;
  let most = 0;
  for await (const _ of new ByHand(numbersUpTo(count), workers)) {
    seen += 1;
    if (seen % ITEMS_A_SAMPLE === 0) most = Math.max(most, process.memoryUsage.rss());
  }
  if (seen !== count) throw new Error(`Items are missing: seen=${seen} count=${count}`);
  return most;
}

const PROGRAM = new URL("../processes/collections.ts", import.meta.url).pathname;
const HOWS: readonly (readonly [how: string, env: Record<string, string>])[] = [
  ["as it is", {}],
  ["every garbage collection a full one", { BUN_JSC_minEdenToOldGenerationRatio: "2" }],
];

function megabytes(args: readonly string[], env: Record<string, string>): number {
  const command = [process.execPath, ...process.execArgv, ...args];
  const run = Bun.spawnSync(command, { env: { ...process.env, ...env } });
  if (!run.success)
    throw new Error(`It failed: command=${command.join(" ")}\n${run.stderr.toString()}`);
  return Math.round(Number(run.stdout.toString()) / 1e6);
}

const [asked] = process.argv.slice(2);
if (asked !== undefined) {
  console.log(await mostMemory(Number(asked)));
  process.exit();
}
for (const [how, env] of HOWS) {
  const counts = ["1000000", "10000000", "40000000"];
  const byHand = counts.map((count) => megabytes([import.meta.path, count], env));
  const pool = counts.map((count) => megabytes([PROGRAM, "memory", "imap", count], env));
  console.log(
    `${how}, MB for 1, 10 and 40 million numbers: by hand ${byHand.join()}, ringpool ${pool.join()}`,
  );
}
