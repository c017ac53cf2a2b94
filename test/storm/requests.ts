/** Makes the storm's requests, puts them in each way there is, and books how they end. */
import { WorkRequest } from "../../src/index.ts";
import type { RunOptions, ThreadPool } from "../../src/index.ts";
import { checksum } from "./checksum.ts";
import type { Ledger } from "./ledger.ts";
import type { Limits } from "./limits.ts";
import { makePayload, makeResultBytes } from "./payloads.ts";
import type { Random } from "./random.ts";
import {
  ENDLESS_TREES,
  UNCAUGHT_TREE,
  describeTree,
  makeTree,
  runsCheckOf,
} from "./tree-requests.ts";
import {
  answer,
  answerAndReject,
  answerAndThrow,
  answerLater,
  answerNumber,
  answerSlowly,
  UNCAUGHT,
  answerTo,
  awaitStop,
  exitLater,
  exitNow,
  loopForEver,
  loopUntilStopped,
  numberAnswerTo,
  rejectUnawaited,
  sumOfNumbers,
  throwFromTimer,
} from "./tasks.ts";

type Task = (...args: never[]) => unknown;

/** A request that is made and not yet put. */
interface Made {
  readonly id: number;
  readonly task: Task;
  readonly args: readonly unknown[];
  readonly options: RunOptions;
}

const ANSWERS = [
  { weight: 60, task: answer },
  { weight: 8, task: answerLater },
  { weight: 20, task: answerSlowly },
] as const;
/** Of the requests that answer, so many are bare numbers. */
const NUMBERS_SHARE = 0.25;
/** Of all requests, so many put children. */
const TREES_SHARE = 0.06;
/** Of the others, so many have a counter in shared memory of how often they were run. */
const COUNTED_SHARE = 0.05;

export class Requests {
  /** Whether half of the results are nearly as long as a ring takes. */
  areResultsLong = false;
  readonly #pool: ThreadPool;
  readonly #random: Random;
  readonly #ledger: Ledger;
  /** Called at each settlement: whatever a user may do in a callback. */
  readonly #onSettled: () => void;
  readonly #limits: Limits;

  constructor(
    pool: ThreadPool,
    random: Random,
    ledger: Ledger,
    limits: Limits,
    onSettled: () => void,
  ) {
    this.#pool = pool;
    this.#random = random;
    this.#ledger = ledger;
    this.#limits = limits;
    this.#onSettled = onSettled;
  }

  /** Puts a request that is answered, with callbacks or as a promise. */
  putAnswer(): void {
    if (this.#random.chance(TREES_SHARE)) {
      this.putTree();
      return;
    }
    if (this.#random.chance(0.5)) this.#putWithCallbacks(this.#makeAnswer(false));
    else this.#putAsPromise(this.#makeAnswer(true));
  }

  /** Runs a request that is answered, and blocks meanwhile. */
  runSync(): void {
    const made = this.#random.chance(TREES_SHARE) ? this.#makeTree(true) : this.#makeAnswer(true);
    const { id, task, args, options } = made;
    let result: unknown;
    try {
      result = this.#pool.runSync(task, args as never, options);
    } catch (error) {
      this.#failed(id, error);
      return;
    }
    this.#succeeded(id, result);
  }

  /** Puts a request that puts children, with callbacks or as a promise. */
  putTree(dies: boolean = false): void {
    if (this.#random.chance(0.5)) this.#putWithCallbacks(this.#makeTree(false, dies));
    else this.#putAsPromise(this.#makeTree(true, dies));
  }

  /** Puts a request that ends its worker by `process.exit`, or the worker of one of its children. */
  putExit(): void {
    if (this.#random.chance(0.3)) {
      this.putTree(true);
      return;
    }
    this.#putEnding(this.#random.pick([exitNow, exitLater]));
  }

  /** Puts a request that ends its worker by an uncaught error: while it runs, or after it has answered. */
  putUncaught(): void {
    if (this.#random.chance(0.6)) {
      this.#putEnding(this.#random.pick([throwFromTimer, rejectUnawaited, UNCAUGHT_TREE]));
    } else {
      const task = this.#random.pick([answerAndThrow, answerAndReject]);
      this.#putWithCallbacks(this.#makeAnswer(false, task));
    }
  }

  /** Puts a request that ends only if it is stopped. */
  putEndless(): void {
    const task = this.#random.pick([loopForEver, loopUntilStopped, awaitStop, ...ENDLESS_TREES]);
    const id = this.#ledger.nextId();
    this.#ledger.open(id, { what: task.name, expected: undefined, mayBeStopped: true });
    this.#putAsPromise({ id, task, args: [], options: this.#limits.needed() });
  }

  #putEnding(task: Task): void {
    const id = this.#ledger.nextId();
    // A child that ends the worker that has taken it fails with its error.
    const fails = task === UNCAUGHT_TREE ? UNCAUGHT : undefined;
    this.#ledger.open(id, { what: task.name, expected: undefined, fails });
    const made = { id, task, args: [], options: {} };
    if (this.#random.chance(0.5)) this.#putWithCallbacks(made);
    else this.#putAsPromise(made);
  }

  /** @param isPromised whether it is put in a way that takes options */
  #makeAnswer(isPromised: boolean, only?: Task): Made {
    const random = this.#random;
    const id = this.#ledger.nextId();
    const limits = isPromised ? this.#limits.some() : {};
    const { signal, timeoutMs, queueTimeoutMs, retries } = limits;
    const mayBeStopped = [signal, timeoutMs, queueTimeoutMs].some((limit) => limit !== undefined);
    if (only === undefined && random.chance(NUMBERS_SHARE)) {
      const payload = random.between(-1e6, 1e6);
      const sum = sumOfNumbers(id, payload);
      const expected = checksum(numberAnswerTo(id, payload));
      this.#ledger.open(id, { what: "answerNumber", expected, mayBeStopped, retries });
      return { id, task: answerNumber, args: [id, payload, sum], options: limits };
    }
    const task = only ?? random.pickWeighted(ANSWERS).task;
    const { kind, value, transfer } = makePayload(random, isPromised);
    const resultBytes = makeResultBytes(random, this.areResultsLong);
    const sum = checksum(value);
    const expected = checksum(answerTo(id, value, sum, resultBytes));
    const runs = random.chance(COUNTED_SHARE)
      ? new Int32Array(new SharedArrayBuffer(4))
      : undefined;
    this.#ledger.open(id, {
      what: `${task.name} ${kind} resultBytes=${resultBytes}`,
      expected,
      runs,
      mayBeStopped,
      retries,
    });
    const options = { ...limits, transfer };
    return { id, task, args: [id, value, sum, resultBytes, runs], options };
  }

  #makeTree(isPromised: boolean, dies = false): Made {
    const id = this.#ledger.nextId();
    const made = makeTree(this.#random, id, dies);
    const options = isPromised ? this.#limits.some() : {};
    const { signal, timeoutMs, queueTimeoutMs, retries = 0 } = options;
    this.#ledger.open(id, {
      what: describeTree(made),
      expected: made.value === undefined ? undefined : checksum(made.value),
      mayBeStopped: [signal, timeoutMs, queueTimeoutMs].some((limit) => limit !== undefined),
      fails: made.fails,
      wrongRuns: runsCheckOf(made, retries),
    });
    return { id, task: made.task, args: [made.tree], options };
  }

  #putWithCallbacks({ id, task, args }: Made): void {
    const request = new WorkRequest(
      task,
      args as never,
      {},
      {
        callback: (_, result) => this.#succeeded(id, result),
        excCallback: (_, [, error]) => this.#failed(id, error),
      },
    );
    this.#pool.putRequest(request);
  }

  #putAsPromise({ id, task, args, options }: Made): void {
    this.#pool.run(task, args as never, options).then(
      (result) => this.#succeeded(id, result),
      (error: unknown) => this.#failed(id, error),
    );
  }

  #succeeded(id: number, result: unknown): void {
    this.#ledger.succeed(id, checksum(result));
    this.#onSettled();
  }

  #failed(id: number, error: unknown): void {
    this.#ledger.fail(id, error);
    this.#onSettled();
  }
}
