import {
  checkKnownOptions,
  describeValue,
  ownOptions,
  TypeError,
  printError,
  inspect,
} from "../../runtime/index.ts";
import type { Callable, ModuleCallable } from "../../callable/index.ts";
import { isPlainObject } from "../checks.ts";
import { ThreadPoolError } from "../../errors.ts";
import { hintForArgs, hintForRequest } from "./hints.ts";
import type { RequestID } from "../../protocol/index.ts";
import type {
  ArgsBesideKwds,
  ArgumentsOf,
  CallableOf,
  FunctionOf,
  Inferred,
  ItemOf,
  KwdsOf,
  NoKwds,
  OneArgument,
  OneArgumentCallable,
  ParametersOf,
  ResultOf,
} from "./callable-types.ts";

/** How the failure of a request is reported: the error's type name, the error itself, and its traceback as text. */
export type ExcInfo = readonly [typeName: string, error: unknown, traceback: string];

/** Called with the request and its result. It has the type of a method, so that requests of different callables fit one list. */
export type ResultCallback<F extends Callable> = {
  /**
   * Is called when the request is delivered.
   *
   * @param request the request that succeeded
   * @param result what the callable returned, awaited
   */
  call(request: WorkRequest<F>, result: ResultOf<F>): void;
}["call"];

/** Called with the request and the report of its failure. */
export type ExceptionCallback<F extends Callable> = {
  /**
   * Is called when the request is delivered.
   *
   * @param request the request that failed
   * @param excInfo the error's type name, the error, and its traceback as text
   */
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

/** The parameters of `new WorkRequest` after the callable, for a request without keywords. */
export type WorkRequestParameters<F extends Callable> =
  [] extends ParametersOf<F>
    ? [args?: ArgumentsOf<F>, kwds?: NoKwds, options?: WorkRequestOptions<F>]
    : [args: ArgumentsOf<F>, kwds?: NoKwds, options?: WorkRequestOptions<F>];

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
  /** Whether it is not pending and its requestID was left out: then it can be put without a comparison with others. */
  isNew: (request: WorkRequest) => boolean;
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
export interface WorkRequest<F extends Callable = Callable> {
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
  exception: boolean;
  /** `<WorkRequest id=… args=… kwargs=… exception=…>` */
  toString(): string;
}

/** The constructor of `WorkRequest`. */
export interface WorkRequestConstructor {
  /** As of every class: what its instances inherit. */
  readonly prototype: WorkRequest;
  /**
   * @param callable what to run in a worker: see `CallableError` for what cannot be
   * @param args positional arguments; each must be able to cross to a worker when the request is put
   * @param kwds keyword arguments, a plain object: when it is not empty, it is the callable's last argument
   * @throws TypeError when `requestID` is no string, number, bigint or symbol, or `args` or `kwds` are of the wrong kind
   */
  new <A extends readonly unknown[] | [], R>(
    callable: CallableOf<A, R>,
    args: A,
    kwds?: NoKwds,
    options?: WorkRequestOptions<Inferred<A, R>>,
  ): WorkRequest<Inferred<A, R>>;
  /** As above, with keywords: they stand for the callable's last parameter. */
  new <F extends Callable>(
    callable: F | ModuleCallable<F>,
    args: ArgsBesideKwds<F>,
    kwds: KwdsOf<F>,
    options?: WorkRequestOptions<NoInfer<F>>,
  ): WorkRequest<F>;
  /** As above, without keywords, for a `fromModule` reference, and where the arguments are left out. */
  new <F extends Callable>(
    callable: F | ModuleCallable<F>,
    ...[args, kwds, options]: WorkRequestParameters<NoInfer<F>>
  ): WorkRequest<F>;
}

/**
 * A request to execute a callable, for putting in the request queue later.
 *
 * @class
 * @example
 * ```ts
 * const request = new WorkRequest(add, [1, 2], {}, { callback: (request, sum) => console.log(sum) });
 * pool.putRequest(request);
 * ```
 */
// A constructor with type parameters of its own, which a class cannot have: generic callables keep their types.
export const WorkRequest: WorkRequestConstructor = class {
  // Assigned in the constructor alone: field initializers would be one more function for each request.
  declare readonly requestID: RequestID;
  declare readonly callable: Callable | ModuleCallable;
  declare readonly args: readonly unknown[];
  declare readonly kwds: Readonly<Record<string, unknown>>;
  declare readonly callback: ResultCallback<Callable> | undefined;
  declare readonly excCallback: ExceptionCallback<Callable> | undefined;
  declare exception: boolean;
  #state: number;

  static {
    requestState.isPending = (request) => #state in request && (request.#state & IS_PENDING) !== 0;
    requestState.isNew = (request) => #state in request && request.#state === HAS_AUTOMATIC_ID;
    requestState.setPending = (request, isPending) => {
      if (!(#state in request)) return;
      if (isPending) request.#state |= IS_PENDING;
      else request.#state &= ~IS_PENDING;
    };
    requestState.hasAutomaticID = (request) =>
      #state in request && (request.#state & HAS_AUTOMATIC_ID) !== 0;
  }

  constructor(
    callable: Callable | ModuleCallable,
    args: readonly unknown[] = [],
    kwds: Readonly<Record<string, unknown>> = NO_KWDS,
    options: WorkRequestOptions<Callable> = NO_OPTIONS,
  ) {
    if (options !== NO_OPTIONS) checkOptions(options);
    const { requestID, callback, excCallback = printTraceback } = ownOptions(options, KNOWN);
    if (requestID !== undefined && !isHashable(requestID)) {
      throw new TypeError("requestID must be hashable.");
    }
    if (!Array.isArray(args)) {
      throw new TypeError(
        `args is the array of positional arguments; ${hintForArgs(callable, "new WorkRequest")}: args=${inspect(args)}`,
      );
    }
    if (kwds !== NO_KWDS) checkKwds(kwds);
    this.#state = requestID === undefined ? HAS_AUTOMATIC_ID : 0;
    this.requestID = requestID ?? ++lastRequestID;
    if (typeof requestID === "number") keepClearOf(requestID);
    this.callable = callable;
    this.args = args;
    this.kwds = kwds;
    this.callback = typeof callback === "function" ? callback : noCallback("callback", callback);
    this.excCallback =
      typeof excCallback === "function" ? excCallback : noCallback("excCallback", excCallback);
    this.exception = false;
  }

  toString(): string {
    const text = (value: unknown): string =>
      inspect(value, { breakLength: Infinity, compact: true });
    return `<WorkRequest id=${String(this.requestID)} args=${text(this.args)} kwargs=${text(this.kwds)} exception=${this.exception}>`;
  }
} as unknown as WorkRequestConstructor;

/**
 * Checks what `putRequest` is given.
 *
 * @throws TypeError when it is no request, ThreadPoolError when it has failed before
 */
export function checkRequest(request: unknown): asserts request is WorkRequest {
  if (!(request instanceof WorkRequest)) {
    throw new TypeError(
      `putRequest takes a WorkRequest, ${hintForRequest(request)}: request=${inspect(request)}`,
    );
  }
  if (request.exception) {
    throw new ThreadPoolError(
      `This request has failed; make a new one to try again: request=${String(request)}`,
    );
  }
}

/**
 * Creates several requests for the same callable with different arguments.
 *
 * @param argsList one item a request. An item that is exactly `[positional array, keywords plain object]` is spread into
 *   both. Another array is spread into the parameters of a function that declares as many, two or more. Anything else is
 *   the single argument
 * @param callback as in `WorkRequest`
 * @param excCallback as in `WorkRequest`
 * @throws TypeError when `argsList` is not iterable, or an item is an array of which it is not clear whether it is one
 *   argument or several
 * @returns the requests, in the order of the items
 * @example
 * ```ts
 * const requests = makeRequests(primesBelow, [1e6, 2e6, [[3e6], { wheel: 30 }]], print);
 * const sums = makeRequests(add, [[1, 2], [3, 4]], print);
 * ```
 */
export function makeRequests<T, R, F>(
  callable: OneArgumentCallable<F, T, R>,
  argsList: Iterable<OneArgument<F, T>>,
  callback?: ResultCallback<Inferred<[T], R>> | null,
  excCallback?: ExceptionCallback<Inferred<[T], R>> | null,
): WorkRequest<Inferred<[T], R>>[];
/** As above, for items of all kinds. */
export function makeRequests<C extends Callable | ModuleCallable>(
  callable: C,
  argsList: Iterable<ItemOf<C>>,
  callback?: ResultCallback<FunctionOf<C>> | null,
  excCallback?: ExceptionCallback<FunctionOf<C>> | null,
): WorkRequest<FunctionOf<C>>[];
export function makeRequests(
  callable: Callable | ModuleCallable,
  argsList: Iterable<unknown>,
  callback?: unknown,
  excCallback?: unknown,
): unknown[] {
  const options = { callback, excCallback } as WorkRequestOptions<Callable>;
  const requests: WorkRequest[] = [];
  checkIterable(argsList);
  for (const item of argsList) {
    const isPair = isArgsAndKwds(item);
    const args = isPair ? item[0] : argumentsOfItem(callable, item);
    const kwds = isPair ? item[1] : NO_KWDS;
    requests.push(new WorkRequest<Callable>(callable, args as never[], kwds as NoKwds, options));
  }
  return requests;
}

/**
 * The arguments that an item stands for. A function of two parameters or more could not use an array as its single
 * argument, so the array is the list of its arguments.
 */
function argumentsOfItem(callable: unknown, item: unknown): readonly unknown[] {
  if (!Array.isArray(item)) return [item];
  const parameters = typeof callable === "function" ? callable.length : 0;
  if (parameters < 2) return [item];
  if (item.length === parameters) return item;
  throw new TypeError(
    `An item of argsList is an array, and it is not clear whether it is one argument or several: the callable has ${parameters} parameters, ` +
      `the array ${item.length} elements. Write [[a, b], {}] for the arguments a and b, [[array], {}] for one array: item=${inspect(item)}`,
  );
}

function checkIterable(argsList: unknown): void {
  if (typeof Object(argsList)[Symbol.iterator] === "function") return;
  throw new TypeError(
    `argsList is an iterable with the arguments of one request an item, as in makeRequests(add, [[1, 2], [3, 4]], callback): argsList=${inspect(argsList)}`,
  );
}

function isArgsAndKwds(
  item: unknown,
): item is readonly [args: readonly unknown[], kwds: Readonly<Record<string, unknown>>] {
  return (
    Array.isArray(item) && item.length === 2 && Array.isArray(item[0]) && isPlainObject(item[1])
  );
}

const KNOWN = {
  requestID: true,
  callback: true,
  excCallback: true,
} satisfies Record<keyof WorkRequestOptions<Callable>, true>;

/** Looks at the names without making a list of them, because many requests are made. The options must not be kept here. */
function checkOptions(options: unknown): void {
  if (typeof options === "object" && options !== null) {
    let areKnown = true;
    for (const option in options) if (!Object.hasOwn(KNOWN, option)) areKnown = false;
    if (areKnown) return;
  }
  if (typeof options === "function") {
    throw new TypeError(
      `The options of a WorkRequest are an object, and ${CALLBACKS_ARE_OPTIONS}: options=${describeValue(options)}`,
    );
  }
  checkKnownOptions(options, KNOWN, "a WorkRequest");
}

/** Checks keywords. A callback among them could not cross to a worker, so it was meant as an option. */
function checkKwds(kwds: Readonly<Record<string, unknown>>): void {
  if (!isPlainObject(kwds)) {
    throw new TypeError(
      `kwds is a plain object of keyword arguments; ${CALLBACKS_ARE_OPTIONS}: kwds=${inspect(kwds)}`,
    );
  }
  if (typeof kwds["callback"] !== "function" && typeof kwds["excCallback"] !== "function") return;
  if (!Object.hasOwn(kwds, "callback") && !Object.hasOwn(kwds, "excCallback")) return;
  throw new TypeError(
    `kwds are keyword arguments of the callable, and cannot have functions; ${CALLBACKS_ARE_OPTIONS}: kwds=${inspect(kwds)}`,
  );
}

const CALLBACKS_ARE_OPTIONS =
  "callbacks are options: new WorkRequest(callable, args, {}, { callback, excCallback })";

/** Lets the automatic requestIDs go on after a number that a user has chosen, so that no later one is equal to it. */
function keepClearOf(requestID: number): void {
  if (requestID > lastRequestID && requestID < Number.MAX_SAFE_INTEGER / 2)
    lastRequestID = Math.ceil(requestID);
}

function isHashable(value: unknown): value is RequestID {
  const type = typeof value;
  return type === "string" || type === "number" || type === "bigint" || type === "symbol";
}

function noCallback(name: string, callback: unknown): undefined {
  if (callback === null || callback === undefined) return undefined;
  throw new TypeError(`${name} is a function, null or left out: ${name}=${inspect(callback)}`);
}

/** The default `excCallback`: prints the traceback to standard error. */
function printTraceback(_request: unknown, excInfo: ExcInfo): void {
  printError(excInfo[2]);
}
