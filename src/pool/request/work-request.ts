import { inspect, types } from "node:util";
import type { Callable, ModuleCallable } from "../../callable/describe.ts";

/** What may identify a request: anything a Map tells apart by value, as Python's hashable keys. */
export type RequestID = string | number | bigint | symbol;

/** What a failing request is reported with: the error's type name, the error itself, and its traceback as text. */
export type ExcInfo = readonly [typeName: string, error: unknown, traceback: string];

/** What a callable's result is, once it has been awaited. */
export type ResultOf<F extends Callable> = Awaited<ReturnType<F>>;

/** Called with the request and its result. A method's type, so that requests of any callable fit one list. */
export type ResultCallback<F extends Callable> = {
  call(request: WorkRequest<F>, result: ResultOf<F>): void;
}["call"];

/** Called with the request and what went wrong. */
export type ExceptionCallback<F extends Callable> = {
  call(request: WorkRequest<F>, excInfo: ExcInfo): void;
}["call"];

/** Options of a `WorkRequest`. */
export interface WorkRequestOptions<F extends Callable> {
  /** Identifies the request among those pending; a unique integer when left out. */
  readonly requestID?: RequestID | undefined;
  readonly callback?: ResultCallback<F> | null | undefined;
  /** Left out: the traceback is printed. `null`: `callback` is called with the ExcInfo instead. */
  readonly excCallback?: ExceptionCallback<F> | null | undefined;
}

const NO_KWDS: Readonly<Record<string, unknown>> = Object.freeze({});
const NO_OPTIONS = Object.freeze({});

let lastRequestID = 0;

/** A requestID that nobody has had. */
export function nextRequestID(): number {
  lastRequestID += 1;
  return lastRequestID;
}

/** Bits of a request's state; one field for both, since requests are made by the million. */
const IS_PENDING = 1;
const HAS_AUTOMATIC_ID = 2;

/** What this package knows of a request and its users do not see. */
interface RequestState {
  /** Is the request put and not yet settled, in any pool? */
  isPending: (request: WorkRequest) => boolean;
  setPending: (request: WorkRequest, isPending: boolean) => void;
  /** Was the requestID left to us? Then it is like no other one that was. */
  hasAutomaticID: (request: WorkRequest) => boolean;
}
/** Filled in by the class, which alone sees its private fields. */
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
  readonly requestID: RequestID;
  readonly callable: F | ModuleCallable<F>;
  /** Positional arguments. */
  readonly args: readonly unknown[];
  /** Keyword arguments: when not empty, the callable's last argument. */
  readonly kwds: Readonly<Record<string, unknown>>;
  readonly callback: ResultCallback<F> | undefined;
  readonly excCallback: ExceptionCallback<F> | undefined;
  /** Has the request failed? */
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
    const { requestID, callback, excCallback = printTraceback } = options;
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

  toString(): string {
    const text = (value: unknown): string =>
      inspect(value, { breakLength: Infinity, compact: true });
    return `<WorkRequest id=${String(this.requestID)} args=${text(this.args)} kwargs=${text(this.kwds)} exception=${this.exception}>`;
  }
}

const KNOWN: ReadonlySet<string> = new Set(["requestID", "callback", "excCallback"]);
/** Many requests are made with the same options. */
let lastChecked: object = NO_OPTIONS;

function checkOptions(options: unknown): void {
  if (options === lastChecked) return;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`The options of a WorkRequest are an object: options=${inspect(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (KNOWN.has(name)) continue;
    throw new TypeError(
      `A WorkRequest has no such option; it knows ${[...KNOWN].join(", ")}: option=${name}`,
    );
  }
  lastChecked = options;
}

/** Automatic IDs go on after a number that a user has taken, so that no later one is equal to it. */
function keepClearOf(requestID: number): void {
  if (requestID > lastRequestID && requestID < Number.MAX_SAFE_INTEGER / 2)
    lastRequestID = Math.ceil(requestID);
}

/** Is it an object as `{}` makes it, and no proxy of one? */
export function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
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
