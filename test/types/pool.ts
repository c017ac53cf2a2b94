import { ThreadPool, fromModule } from "../../src/index.ts";
import type {
  RequestID,
  ThreadPoolOptions,
  WorkRequest,
  WorkerThread,
  WorkerThreadState,
} from "../../src/index.ts";
import { exactly } from "./exactly.ts";
import { add, identity, now, scaled } from "./tasks.ts";

export async function members(pool: ThreadPool): Promise<void> {
  exactly<readonly WorkerThread[]>()(pool.workers);
  exactly<readonly WorkerThread[]>()(pool.dismissedWorkers);
  exactly<ReadonlyMap<RequestID, WorkRequest>>()(pool.workRequests);
  exactly<void>()(pool.createWorkers(1));
  exactly<void>()(pool.dismissWorkers(1));
  exactly<void>()(pool.dismissWorkers(1, true));
  exactly<void>()(pool.joinAllDismissedWorkers());
  exactly<void>()(pool.poll());
  exactly<void>()(pool.poll(true));
  exactly<void>()(pool.wait());
  exactly<void>()(await pool.settled());
  exactly<void>()(await pool.close());
  exactly<void>()(pool.terminate());
}

export function workers([worker]: readonly WorkerThread[]): void {
  if (worker === undefined) return;
  exactly<number>()(worker.id);
  exactly<WorkerThreadState>()(worker.state);
  exactly<"running" | "dismissed" | "ended">()(worker.state);
  exactly<void>()(worker.dismiss());
  exactly<void>()(worker.join());
}

export async function disposal(): Promise<void> {
  using blocking = new ThreadPool();
  await using graceful = new ThreadPool(2, {});
  exactly<ThreadPool>()(blocking);
  exactly<ThreadPool>()(graceful);
}

export const options: ThreadPoolOptions[] = [
  {},
  { qSize: 10, resqSize: 10, delivery: "manual", name: "primes" },
  { argv: ["--quiet"], preload: "./plugin.ts", smol: true },
  { preload: ["./plugin.ts", "package"] },
  { delivery: "auto", qSize: undefined },
];

export const closed = (pool: ThreadPool): Promise<void>[] => [
  pool.close(),
  pool.close({}),
  pool.close({ timeoutMs: 10 }),
  pool.close({ timeoutMs: undefined }),
];

/** The arguments of an initializer are those of a call. */
export function initializers(): void {
  const tasks = fromModule<typeof import("./tasks.ts")>("/tasks.ts");
  void new ThreadPool(2, { initializer: add, initargs: [1, 2], qSize: 1 });
  void new ThreadPool(undefined, { initializer: now });
  void new ThreadPool(2, { initializer: now, initargs: [] });
  void new ThreadPool(2, { initializer: identity, initargs: [3] });
  void new ThreadPool(2, { initializer: tasks.add, initargs: [1, 2] });
  void new ThreadPool(2, { initializer: async (n: number) => void n, initargs: [1] });
  // @ts-expect-error: of another type
  void new ThreadPool(2, { initializer: (n: number) => void n, initargs: ["1"] });
  // @ts-expect-error: the arguments are missing
  void new ThreadPool(2, { initializer: (n: number) => void n });
  // @ts-expect-error: one is missing
  void new ThreadPool(2, { initializer: add, initargs: [1] });
  // @ts-expect-error: one too many
  void new ThreadPool(2, { initializer: add, initargs: [1, 2, 3] });
  // @ts-expect-error: of another type
  void new ThreadPool(2, { initializer: tasks.add, initargs: [1, "2"] });
  // @ts-expect-error: there is no initializer
  void new ThreadPool(2, { initargs: [1] });
  // @ts-expect-error: it needs an object
  void new ThreadPool(2, { initializer: scaled, initargs: [1] });
}

class NamedPool extends ThreadPool {
  constructor(name: string, given: ThreadPoolOptions) {
    super(2, { ...given, name });
  }
}

export function derived(given: ThreadPoolOptions, value: unknown): void {
  void new ThreadPool(2, given);
  exactly<NamedPool>()(new NamedPool("primes", given));
  if (value instanceof ThreadPool) exactly<ThreadPool>()(value);
}

export function wrong(pool: ThreadPool, request: WorkRequest): void {
  // @ts-expect-error: the limit is an option
  void pool.close(10);
  // @ts-expect-error: there is no such option
  void pool.close({ timeout: 10 });
  // @ts-expect-error: a number of workers
  void new ThreadPool("4");
  // @ts-expect-error: the options come second
  void new ThreadPool({ maxWorkers: 4 });
  // @ts-expect-error: there is no such option
  void new ThreadPool(4, { qsize: 1 });
  // @ts-expect-error: of another type
  void new ThreadPool(4, { qSize: "1" });
  // @ts-expect-error: neither of the two
  void new ThreadPool(4, { delivery: "sometimes" });
  // @ts-expect-error: it has no limit of time
  pool.wait(1000);
  // @ts-expect-error: read-only
  pool.workers = [];
  // @ts-expect-error: read-only
  pool.workers.push(...pool.dismissedWorkers);
  // @ts-expect-error: read-only
  pool.dismissedWorkers.pop();
  // @ts-expect-error: read-only
  pool.workRequests.set(1, request);
  // @ts-expect-error: read-only
  pool.workRequests.delete(1);
  // @ts-expect-error: read-only
  pool.workRequests.clear();
  // @ts-expect-error: putRequest takes requests; run takes callables
  pool.putRequest(add);
}
