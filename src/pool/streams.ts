import type { Callable, CallableNaming, ModuleCallable } from "../callable/index.ts";
import type { ResultStream, StreamListener, StreamRunHandle } from "../collections/index.ts";
import {
  DOMException,
  TypeError,
  checkKnownOptions,
  describeValue,
  ownOptions,
  printError,
} from "../runtime/index.ts";
import type { Cancellation } from "./cancellation.ts";
import { checkInteger } from "./checks.ts";
import { loadedCollections } from "./loaded-collections.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { CallableRegistry } from "./queue/callable-registry.ts";
import type { ChannelSet } from "./queue/channel-set.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { Runs } from "./queue/task-table.ts";
import type { Turns } from "./event-loop/turns.ts";
import type { CallSites } from "./request/call-site.ts";
import { hintForOptions } from "./request/hints.ts";
import type { Latency } from "./request/latency.ts";
import { StreamRequest } from "./request/chunk-request.ts";
import type { RequestTable } from "./request/request-table.ts";
import { controlOf } from "./request/run-options.ts";
import type { RunDefaults, RunOptions } from "./request/run-options.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";

/** Options of `ThreadPool.stream`. */
export interface StreamOptions extends Omit<RunOptions, "onProgress"> {
  /** How many values the generator yields, at most, that the consumer has not taken, 1 or more; 64 when left out. */
  readonly buffer?: number | undefined;
}

const KNOWN = {
  signal: true,
  timeoutMs: true,
  queueTimeoutMs: true,
  priority: true,
  retries: true,
  transfer: true,
  foreign: true,
  carry: true,
  buffer: true,
} satisfies Record<keyof StreamOptions, true>;

const MOST_BUFFERED = 2 ** 20;

/** The parts that the streams of a pool are built from. */
export interface StreamParts {
  readonly queue: RequestQueue;
  readonly tasks: Runs;
  readonly table: RequestTable;
  readonly channels: ChannelSet;
  readonly callables: CallableRegistry;
  readonly callSites: CallSites;
  readonly supervisor: WorkerSupervisor;
  readonly cancellation: Cancellation;
  readonly latency: Latency;
  readonly turns: Turns;
  readonly lifecycle: Pick<Lifecycle, "checkOpen">;
  readonly naming: CallableNaming;
}

/** The streams of a pool: each is one request, whose reports are the values of a generator. */
export class Streams {
  readonly #parts: StreamParts;
  readonly #defaults: RunDefaults;

  constructor(parts: StreamParts, { timeoutMs, retries, foreign, carry }: RunDefaults) {
    this.#parts = parts;
    this.#defaults = { timeoutMs, retries, foreign, carry };
  }

  /**
   * Makes a stream, whose request is put with its first `next()`.
   *
   * @param pool must not be collected while the request is pending
   * @throws as `ThreadPool.stream` does
   */
  open(
    pool: object,
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    options: StreamOptions | undefined,
  ): ResultStream<unknown, unknown> {
    const hint = options === undefined ? undefined : hintForOptions(options);
    if (hint !== undefined) {
      throw new TypeError(
        `The options of a stream are an object, and ${hint}: options=${describeValue(options)}`,
      );
    }
    if (options !== undefined) checkKnownOptions(options, KNOWN, "a stream");
    const own = options === undefined ? {} : ownOptions(options, KNOWN);
    const collections = loadedCollections();
    const { buffer = collections.DEFAULT_BUFFER, ...others } = own;
    checkInteger(buffer, "buffer", 1, MOST_BUFFERED);
    const control = controlOf(others, this.#defaults)!.forStream();
    const runner = this.#parts.naming.runnerOf(collections.STREAM_RUNNER, callable);
    const sent = [buffer, ...args];
    const put = (listener: StreamListener): StreamRunHandle => {
      const parts = this.#parts;
      parts.lifecycle.checkOpen();
      control.signal?.throwIfAborted();
      const id = parts.callables.idOf(runner);
      const pending = new StreamRequest(callable, args, id, control, listener);
      pending.granted = buffer;
      pending.putAt = parts.latency.putAt(parts.table.put);
      parts.queue.submit(pending, control.withStores(sent), others.transfer);
      parts.table.streams.add(pending);
      if (parts.callables.hasForgotten) parts.callables.keep(id, runner);
      pending.callSite = parts.callSites.capture();
      parts.cancellation.watch(pending);
      parts.supervisor.notePut();
      parts.table.pool = pool;
      return this.#handleOf(pending);
    };
    collections.whenDropped(sayDropped);
    return new collections.ResultStream(new collections.StreamFeed(put, buffer));
  }

  /** Ends every stream, because its consumer cannot take values while this thread blocks. */
  endAll(reason: () => Error): void {
    const { table, cancellation } = this.#parts;
    for (const pending of table.streams) cancellation.fail(pending, reason());
  }

  #handleOf(pending: StreamRequest): StreamRunHandle {
    const { tasks, channels, cancellation, turns } = this.#parts;
    return {
      credit: (values) => {
        const run = tasks.runOf(pending);
        if (run === undefined) return;
        pending.granted += values;
        const { task: creditTask, generation } = run;
        const channel = channels.all.find(({ slot }) => slot === run.slot);
        channel?.postCredit({ creditTask, generation, values });
      },
      end: () => cancellation.askToEnd(pending, streamEnded()),
      setAwaited: (isAwaited) => {
        pending.isAwaited = isAwaited;
        turns.request();
      },
    };
  }
}

/** What the generator sees as the reason of `taskContext.signal` when its consumer has left. */
function streamEnded(): DOMException {
  return new DOMException("The consumer of the stream has left its loop.", "AbortError");
}

let hasSaid = false;

function sayDropped(): void {
  if (hasSaid) return;
  hasSaid = true;
  printError(
    "A stream was dropped before its end: nothing in the program refers to it any more, so its generator is ended, as will be those of " +
      "others without another word. Read it to its end, leave its loop with break, or call return().",
  );
}
