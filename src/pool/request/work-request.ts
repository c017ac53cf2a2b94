import { inspect } from "node:util";
import { checkKnownOptions, ownOptions } from "../../runtime/index.ts";
import type { Callable, ModuleCallable } from "../../callable/index.ts";
import { isPlainObject } from "../checks.ts";
import type { RequestID } from "../../protocol/index.ts";

/** How the failure of a request is reported: the error's type name, the error itself, and its traceback as text. */
export type ExcInfo = readonly [typeName: string, error: unknown, traceback: string];

/** The type of a callable's result after it was awaited. */
export type ResultOf<F extends Callable> = Awaited<ReturnType<F>>;

/** Called with the request and its result. It has the type of a method, so that requests of different callables fit one list. */
export type ResultCallback<F extends Callable> = {
  call(request: WorkRequest<F>, result: ResultOf<F>): void;
}["call"];

/** Called with the request and the report of its failure. */
export type ExceptionCallback<F extends Callable> = {
  call(request: WorkRequest<F>, excInfo: ExcInfo): void;
}["call"];

/** Options of a `WorkRequest`. */
export interface WorkRequestOptions<F extends Callable> {
  /** Identifies the request among those pending; a unique integer when left out. */
  readonly requestID?: RequestID | undefined;
  /** Called with the result when the request succeeds. */
  readonly callback?: ResultCallback<F> | null | undefined;
  /** Called when the request fails. Left out: the traceback is printed. `null`: `callback` is called with the ExcInfo. */
  readonly excCallback?: ExceptionCallback<F> | null | undefined;
}

const NO_KWDS: Readonly<Record<string, unknown>> = Object.freeze({});
const NO_OPTIONS = Object.freeze({});

let lastRequestID = 0;

/** A requestID that no request has had. */
export function nextRequestID(): number {
  lastRequestID += 1;
  return lastRequestID;
}

/** Bits of a request's state. Both are in one field, because programs make requests by the million. */
const IS_PENDING = 1;
const HAS_AUTOMATIC_ID = 2;

/** The state of a request that is private to this package. */
interface RequestState {
  /** Whether the request is pending in any pool: put and not yet delivered. */
  isPending: (request: WorkRequest) => boolean;
  setPending: (request: WorkRequest, isPending: boolean) => void;
  /** Whether the requestID was left out, so that it is unique among those that were. */
  hasAutomaticID: (request: WorkRequest) => boolean;
}
/** Filled in by `WorkRequest`, which alone can read its private field. */
export const requestState: RequestState = {} as RequestState;

/**
 * A request to execute a callable, for putting in the request queue later.
 *
 * @example
 * ```ts
 * const request = new WorkRequest(add, [1, 2], {}, { callback: (request, sum) => console.log(sum) });
 * pool.putRequest(request);
 * ```
 */
export class WorkRequest<F extends Callable = Callable> {
  /** Identifies the request among those pending. */
  readonly requestID: RequestID;
  /** What a worker runs. */
  readonly callable: F | ModuleCallable<F>;
  /** Positional arguments. */
  readonly args: readonly unknown[];
  /** Keyword arguments: when not empty, the callable's last argument. */
  readonly kwds: Readonly<Record<string, unknown>>;
  /** Called with the result; undefined when there is none. */
  readonly callback: ResultCallback<F> | undefined;
  /** Called with the failure; undefined when `callback` is to get it. */
  readonly excCallback: ExceptionCallback<F> | undefined;
  /** Whether the request has failed. */
  exception = false;
  #state: number;

  static {
    requestState.isPending = (request) => (request.#state & IS_PENDING) !== 0;
    requestState.setPending = (request, isPending) => {
      if (isPending) request.#state |= IS_PENDING;
      else request.#state &= ~IS_PENDING;
    };
    requestState.hasAutomaticID = (request) => (request.#state & HAS_AUTOMATIC_ID) !== 0;
  }

  /**
   * @param callable what to run in a worker: see `CallableError` for what cannot be
   * @param args positional arguments; each must be able to cross to a worker when the request is put
   * @param kwds keyword arguments, a plain object
   * @throws TypeError when `requestID` is no string, number, bigint or symbol, or `args` or `kwds` are of the wrong kind
   */
  constructor(
    callable: F | ModuleCallable<F>,
    args: Readonly<Partial<Parameters<F>>> = [] as unknown as Partial<Parameters<F>>,
    kwds: Readonly<Record<string, unknown>> = NO_KWDS,
    options: WorkRequestOptions<NoInfer<F>> = NO_OPTIONS,
  ) {
    checkOptions(options);
    const { requestID, callback, excCallback = printTraceback } = ownOptions(options, KNOWN);
    if (requestID !== undefined && !isHashable(requestID)) {
      throw new TypeError("requestID must be hashable.");
    }
    if (!Array.isArray(args)) {
      throw new TypeError(`args is the array of positional arguments: args=${inspect(args)}`);
    }
    if (kwds !== NO_KWDS && !isPlainObject(kwds)) {
      throw new TypeError(`kwds is a plain object of keyword arguments: kwds=${inspect(kwds)}`);
    }
    this.#state = requestID === undefined ? HAS_AUTOMATIC_ID : 0;
    this.requestID = requestID ?? nextRequestID();
    if (typeof requestID === "number") keepClearOf(requestID);
    this.callable = callable;
    this.args = args;
    this.kwds = kwds;
    this.callback = callbackOrNone("callback", callback);
    this.excCallback = callbackOrNone("excCallback", excCallback);
  }

  /** `<WorkRequest id=… args=… kwargs=… exception=…>` */
  toString(): string {
    const text = (value: unknown): string =>
      inspect(value, { breakLength: Infinity, compact: true });
    return `<WorkRequest id=${String(this.requestID)} args=${text(this.args)} kwargs=${text(this.kwds)} exception=${this.exception}>`;
  }
}

/** Positional arguments and keyword arguments of one request. */
export type ArgsAndKwds<F extends Callable> = readonly [
  args: Readonly<Partial<Parameters<F>>>,
  kwds: Readonly<Record<string, unknown>>,
];

/**
 * Creates several requests for the same callable with different arguments.
 *
 * @param argsList one item a request: exactly `[positional array, keywords plain object]` is spread
 *   into both, anything else is the single argument
 * @param callback as in `WorkRequest`
 * @param excCallback as in `WorkRequest`
 * @throws TypeError when `argsList` is not iterable
 * @returns the requests, in the order of the items
 * @example
 * ```ts
 * const requests = makeRequests(primesBelow, [1e6, 2e6, [[3e6], { wheel: 30 }]], print);
 * ```
 */
export function makeRequests<F extends Callable>(
  callable: F | ModuleCallable<F>,
  argsList: Iterable<Parameters<F>[0] | ArgsAndKwds<F>>,
  callback?: ResultCallback<NoInfer<F>> | null,
  excCallback?: ExceptionCallback<NoInfer<F>> | null,
): WorkRequest<F>[] {
  const options = { callback, excCallback };
  const requests: WorkRequest<F>[] = [];
  checkIterable(argsList);
  for (const item of argsList) {
    if (isArgsAndKwds<F>(item)) {
      requests.push(new WorkRequest<F>(callable, item[0], item[1], options));
    } else {
      const args = [item] as unknown as Partial<Parameters<F>>;
      requests.push(new WorkRequest<F>(callable, args, undefined, options));
    }
  }
  return requests;
}

function checkIterable(argsList: unknown): void {
  if (typeof Object(argsList)[Symbol.iterator] === "function") return;
  throw new TypeError(
    `argsList is an iterable with the arguments of one request an item: argsList=${inspect(argsList)}`,
  );
}

function isArgsAndKwds<F extends Callable>(item: unknown): item is ArgsAndKwds<F> {
  return (
    Array.isArray(item) && item.length === 2 && Array.isArray(item[0]) && isPlainObject(item[1])
  );
}

const KNOWN = {
  requestID: true,
  callback: true,
  excCallback: true,
} satisfies Record<keyof WorkRequestOptions<Callable>, true>;
/** The options that were checked last: many requests are made with the same object. */
let lastChecked: object = NO_OPTIONS;

function checkOptions(options: unknown): void {
  if (options === lastChecked) return;
  checkKnownOptions(options, KNOWN, "a WorkRequest");
  lastChecked = options;
}

/** Lets the automatic requestIDs go on after a number that a user has chosen, so that no later one is equal to it. */
function keepClearOf(requestID: number): void {
  if (requestID > lastRequestID && requestID < Number.MAX_SAFE_INTEGER / 2)
    lastRequestID = Math.ceil(requestID);
}

function isHashable(value: unknown): value is RequestID {
  const type = typeof value;
  return type === "string" || type === "number" || type === "bigint" || type === "symbol";
}

function callbackOrNone<T>(name: string, callback: T | null | undefined): T | undefined {
  if (callback === null || callback === undefined) return undefined;
  if (typeof callback !== "function") {
    throw new TypeError(`${name} is a function, null or left out: ${name}=${inspect(callback)}`);
  }
  return callback;
}

/** The default `excCallback`: prints the traceback to standard error. */
function printTraceback(_request: unknown, excInfo: ExcInfo): void {
  console.error(excInfo[2]);
}
