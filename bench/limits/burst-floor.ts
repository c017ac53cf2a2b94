/**
 * How fast a burst of 1,000 numbers can be that gives a promise a request, beside the batched pool: the least that a pool has to do, and the same with
 * what a request of this pool consists of. One worker, taking turns; hot, and in fresh processes without the loading of any package:
 *
 *     bun bench/limits/burst-floor.ts
 *
 * Takes 15 seconds. Prints medians, with the least and the most.
 *
 * The two throw-away pools publish 32 numbers with one store, claim nothing, and hand results back in place. They know no error, no other
 * argument, no second worker, no death and no end.
 */
const SIZE = 1 << 16;
const PUBLISHED_TOGETHER = 32;
const BURST = 1000;
const SAMPLE_MS = 60;
const ROUNDS = 15;
/** Words of the control memory, each on lines of its own. */
const TAIL = 0;
const DONE = 64;
const ASLEEP = 128;

interface Memory {
  readonly control: SharedArrayBuffer;
  readonly requests: SharedArrayBuffer;
  readonly results: SharedArrayBuffer;
}
interface Batch {
  readonly id: number;
  readonly batch: readonly number[];
}
type Call = (value: number) => Promise<unknown>;
type Settle = (value: unknown) => void;

const echo = (value: number): number => value;

function serve({ control, requests, results }: Memory): never {
  const words = new Int32Array(control);
  const values = new Float64Array(requests);
  const answers = new Float64Array(results);
  let head = 0;
  for (;;) {
    let tail = Atomics.load(words, TAIL);
    for (let spins = 0; tail === head && spins < 2000; spins++) {
      Atomics.pause();
      tail = Atomics.load(words, TAIL);
    }
    if (tail === head) {
      Atomics.store(words, ASLEEP, 1);
      Atomics.wait(words, TAIL, head);
      Atomics.store(words, ASLEEP, 0);
      continue;
    }
    while (head !== tail) {
      const end = Math.min(tail, head + PUBLISHED_TOGETHER);
      for (; head < end; head++) answers[head % SIZE] = echo(values[head % SIZE] as number);
      Atomics.store(words, DONE, head);
    }
  }
}

/** As many fields as a request of this pool has, for the same purposes. */
class Request {
  callableId = 0;
  requestID: number;
  control: undefined;
  location: number;
  callSite: undefined;
  putAt = 0;
  outcome: "pending" | "succeeded" = "pending";
  value: unknown = undefined;
  outOfBand: undefined;
  previous: Request | undefined = undefined;
  next: Request | undefined = undefined;
  callable: (value: number) => number;
  args: readonly number[];
  lookedUp: undefined;
  promise: Promise<unknown>;
  resolve: Settle;
  reject: Settle;

  constructor(callable: (value: number) => number, args: readonly number[], location: number) {
    this.requestID = location;
    this.location = location;
    this.callable = callable;
    this.args = args;
    this.promise = new Promise(keepSettlers);
    this.resolve = kept.resolve;
    this.reject = kept.reject;
  }
}

const kept: { resolve: Settle; reject: Settle } = { resolve: () => {}, reject: () => {} };
function keepSettlers(resolve: Settle, reject: Settle): void {
  kept.resolve = resolve;
  kept.reject = reject;
}

/** A throw-away pool. @param hasRequests whether each request is an object in a list of all that are pending */
async function throwAway(hasRequests: boolean): Promise<Call> {
  const memory: Memory = {
    control: new SharedArrayBuffer(1024),
    requests: new SharedArrayBuffer(SIZE * 8),
    results: new SharedArrayBuffer(SIZE * 8),
  };
  const words = new Int32Array(memory.control);
  const values = new Float64Array(memory.requests);
  const answers = new Float64Array(memory.results);
  await started(memory);
  const settlers = Array.from<Settle | undefined>({ length: SIZE }).fill(undefined);
  const requests = Array.from<Request | undefined>({ length: SIZE }).fill(undefined);
  const pending: { first: Request | undefined; last: Request | undefined } = {
    first: undefined,
    last: undefined,
  };
  let [tail, published, done] = [0, 0, 0];
  let isTurnDue = false;

  const publish = (): void => {
    published = tail;
    Atomics.store(words, TAIL, tail);
    if (Atomics.load(words, ASLEEP) === 1) Atomics.notify(words, TAIL);
  };
  const settle = (at: number): void => {
    const request = requests[at] as Request;
    requests[at] = undefined;
    request.outcome = "succeeded";
    request.value = answers[at];
    const { previous, next } = request;
    if (previous === undefined) pending.first = next;
    else previous.next = next;
    if (next === undefined) pending.last = previous;
    else next.previous = previous;
    request.previous = undefined;
    request.next = undefined;
    request.resolve(request.value);
  };
  const turn = (): void => {
    isTurnDue = false;
    if (published !== tail) publish();
    const seen = Atomics.load(words, DONE);
    for (; done !== seen; done++) {
      const at = done % SIZE;
      if (hasRequests) settle(at);
      else {
        settlers[at]?.(answers[at]);
        settlers[at] = undefined;
      }
    }
    if (done !== tail) requestTurn();
  };
  const requestTurn = (): void => {
    if (isTurnDue) return;
    isTurnDue = true;
    setImmediate(turn);
  };
  const put = (at: number, value: number): void => {
    values[at] = value;
    tail += 1;
    if (tail - published === PUBLISHED_TOGETHER) publish();
    requestTurn();
  };
  const withRequest = (callable: typeof echo, args: readonly number[]): Promise<unknown> => {
    const at = tail % SIZE;
    const request = new Request(callable, args, at);
    requests[at] = request;
    const { last } = pending;
    request.previous = last;
    if (last === undefined) pending.first = request;
    else last.next = request;
    pending.last = request;
    put(at, args[0] as number);
    return request.promise;
  };
  const bare: Call = (value) => {
    const at = tail % SIZE;
    const promise = new Promise(keepSettlers);
    settlers[at] = kept.resolve;
    put(at, value);
    return promise;
  };
  return hasRequests ? (value) => withRequest(echo, [value]) : bare;
}

function started(message: Memory | undefined): Promise<Worker> {
  const worker = new Worker(import.meta.url);
  return new Promise((resolve) => {
    worker.addEventListener("message", () => resolve(worker), { once: true });
    worker.postMessage(message);
  });
}

/** The requests of one microtask in one message. */
async function batched(): Promise<Call> {
  const worker = await started(undefined);
  const waiting = new Map<number, Settle[]>();
  let values: number[] = [];
  let settlers: Settle[] = [];
  let id = 0;
  worker.addEventListener("message", ({ data }: MessageEvent<Batch>) => {
    const done = waiting.get(data.id) ?? [];
    waiting.delete(data.id);
    for (const [index, settle] of done.entries()) settle(data.batch[index]);
  });
  const flush = (): void => {
    waiting.set(++id, settlers);
    worker.postMessage({ id, batch: values });
    values = [];
    settlers = [];
  };
  return (value) =>
    new Promise((resolve) => {
      if (values.length === 0) queueMicrotask(flush);
      values.push(value);
      settlers.push(resolve);
    });
}

/** Bursts for so long. Code of its own for each contestant: what all share, the engine compiles for none. */
function ownBursts(): (call: Call, ms: number) => Promise<number> {
  // oxlint-disable-next-line typescript/no-implied-eval -- the only way to separate code; its text is our own
  return new Function(
    "call",
    "ms",
    `return (async () => {
      let calls = 0;
      const start = performance.now();
      do {
        const all = new Array(${BURST});
        for (let i = 0; i < ${BURST}; i++) all[i] = call(i);
        await Promise.all(all);
        calls += ${BURST};
      } while (performance.now() - start < ms);
      return (performance.now() - start) * 1e6 / calls;
    })()`,
  ) as (call: Call, ms: number) => Promise<number>;
}

const POOLS: Readonly<Record<string, () => Promise<Call>>> = {
  "batched by hand": batched,
  "least work": () => throwAway(false),
  "with requests": () => throwAway(true),
};

/** Bursts in this one process, all contestants in turn. */
async function compareHot(): Promise<void> {
  const contestants = [];
  for (const [name, start] of Object.entries(POOLS))
    contestants.push({ name, call: await start(), burst: ownBursts(), ns: [] as number[] });
  for (const { call, burst } of contestants) await burst(call, 1000);
  for (let round = 0; round < ROUNDS; round++)
    for (const { call, burst, ns } of contestants) ns.push(await burst(call, SAMPLE_MS));
  console.log("hot, nanoseconds a request:");
  for (const { name, ns } of contestants) tell(name, ns);
}

/** So many numbers in a process that does nothing else, from the start of its first thread to the last result. */
async function printFresh(name: string, requests: number): Promise<void> {
  const start = performance.now();
  const call = await (POOLS[name] as () => Promise<Call>)();
  for (let begun = 0; begun < requests; begun += BURST) {
    const all = [];
    for (let i = begun; i < begun + BURST; i++) all.push(call(i));
    await Promise.all(all);
  }
  console.log(performance.now() - start);
}

function compareFresh(requests: number): void {
  const names = Object.keys(POOLS);
  const times = names.map(() => [] as number[]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, name] of names.entries()) {
      const { stdout } = Bun.spawnSync([
        process.execPath,
        import.meta.path,
        name,
        String(requests),
      ]);
      times[i]?.push(Number(stdout.toString()));
    }
  }
  console.log(`${requests.toLocaleString("en-US")} requests in a fresh process, milliseconds:`);
  for (const [i, name] of names.entries()) tell(name, times[i] ?? [], 1);
}

/** Prints the median and the range. */
function tell(name: string, times: readonly number[], digits: number = 0): void {
  const sorted = times.toSorted((a, b) => a - b).map((value) => value.toFixed(digits));
  console.log(`${name.padEnd(16)} ${sorted[ROUNDS >> 1]} (${sorted[0]} to ${sorted.at(-1)})`);
}

if (Bun.isMainThread) {
  const [name, requests] = process.argv.slice(2);
  if (name !== undefined) await printFresh(name, Number(requests));
  else {
    await compareHot();
    compareFresh(10_000);
    compareFresh(100_000);
  }
  process.exit();
} else {
  addEventListener("message", ({ data }: MessageEvent<Memory | Batch | undefined>) => {
    if (data !== undefined && "batch" in data)
      postMessage({ id: data.id, batch: data.batch.map((value) => echo(value)) });
    else {
      postMessage("ready");
      if (data !== undefined) serve(data);
    }
  });
}
