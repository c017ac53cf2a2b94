/*
 * The types of what is run: arguments and result of a callable, as a call of it would have them.
 *
 * TypeScript infers the type parameters of a generic callable only where a signature names its arguments and its
 * result; `CallableOf` is for such signatures. Of an overloaded callable it infers the last signature; `OverloadsOf`
 * lists the others. Everything else is derived from the function's type, which keeps error messages short.
 *
 * What is not exported by the package is an alias without a class, an interface or a symbol in it: a program that exports
 * `pool.run.bind(pool)` has these types in its declarations, where the compiler writes what such an alias stands for.
 */
import type { Callable, ModuleCallable } from "../../callable/index.ts";

/** A function of these arguments and this result, which needs no `this`. */
export type CallableOf<A extends readonly unknown[], R> = (this: void, ...args: A) => R;

/** `CallableOf`, where a `Callable` is required. TypeScript cannot see that it always is one. */
export type Inferred<A extends readonly unknown[], R> = Extract<CallableOf<A, R>, Callable>;

/**
 * The parameters of a callable. Of a union of callables those that fit every one of them, because it is not known which
 * of them will run.
 */
export type ParametersOf<F extends Callable> = [F] extends [
  (this: void, ...args: infer A) => unknown,
]
  ? A
  : never;

/**
 * The argument list of a call. Where `F` is a union of functions with different parameters, an error says how to name one
 * of them: that happens with `fromModule` and a module of several functions.
 */
export type ArgumentsOf<F extends Callable> = [Parameters<F>] extends [ParametersOf<F>]
  ? Readonly<ParametersOf<F>>
  : | Readonly<ParametersOf<F>>
    | Write<"One of several functions: with fromModule write fromModule<M>(url).name">;

/** The type of a callable's result after it was awaited. */
export type ResultOf<F extends Callable> = Awaited<ReturnType<F>>;

type Overload<A extends readonly unknown[], R> = readonly [args: A, result: R];

/** The signatures of an overloaded callable, at most the last six. One that has fewer repeats the first one. */
type OverloadsOf<F extends Callable> = [F] extends [
  {
    (...args: infer A1): infer R1;
    (...args: infer A2): infer R2;
    (...args: infer A3): infer R3;
    (...args: infer A4): infer R4;
    (...args: infer A5): infer R5;
    (...args: infer A6): infer R6;
  },
]
  ? [
      Overload<A1, R1>,
      Overload<A2, R2>,
      Overload<A3, R3>,
      Overload<A4, R4>,
      Overload<A5, R5>,
      Overload<A6, R6>,
    ]
  : [];

type OverloadArguments<F extends Callable> = Readonly<OverloadsOf<F>[number][0]>;

/** To be intersected with `A`, the type of the arguments: they must be those of one of the callable's signatures. */
export type OfOverload<F extends Callable, A> =
  A extends OverloadArguments<F> ? unknown : OverloadArguments<F>;

/** The awaited result of the first signature that takes the arguments `A`. */
export type OverloadResult<F extends Callable, A> = Awaited<FirstResult<OverloadsOf<F>, A>>;

type FirstResult<Overloads, A> = Overloads extends readonly [
  Overload<infer Parameters, infer Result>,
  ...infer Rest,
]
  ? A extends Readonly<Parameters>
    ? Result
    : FirstResult<Rest, A>
  : never;

/** No keyword arguments. */
export type NoKwds = Readonly<Record<string, never>>;

/** The positional arguments of a callable, and its last one, when that stands for keywords. */
type KwdsSplit<P extends readonly unknown[]> = number extends P["length"]
  ? readonly [args: Readonly<P>, kwds: P[number] & object]
  : Required<P> extends readonly [...infer Args, infer Kwds]
    ? readonly [args: Readonly<Args>, kwds: Kwds & object]
    : never;

/** The positional arguments of a call with keywords. */
export type ArgsBesideKwds<F extends Callable> = KwdsSplit<ParametersOf<F>>[0];
/** The keywords of a call: the callable's last parameter, if that is an object. */
export type KwdsOf<F extends Callable> = KwdsSplit<ParametersOf<F>>[1];

/** Positional arguments and keyword arguments of one request. */
export type ArgsAndKwds<F extends Callable> =
  | readonly [args: Readonly<ParametersOf<F>>, kwds: NoKwds]
  | KwdsSplit<ParametersOf<F>>;

/** What a compiler prints in place of a type that cannot be had: what to write instead. No value has this type. */
type Write<Advice extends string> = { readonly [advice in Advice]: never };

type Ambiguous =
  Write<"An array could be one argument or several: write [[a, b], {}] for several, [[array], {}] for one.">;

/**
 * The item that is one argument. Not an array where the callable could take several arguments, nor what looks like a pair
 * of arguments and keywords.
 */
type SingleArgument<P extends readonly unknown[]> =
  readonly [never] extends Readonly<P>
    ? P["length"] extends 0 | 1
      ? P[0] extends readonly [readonly unknown[], object]
        ? Ambiguous
        : P[0]
      : Exclude<P[0], readonly unknown[]> | Ambiguous
    : never;

/** The parameters of a callable with a fixed number of them, two or more: the number that its `length` is. */
type FixedParameters<P extends readonly unknown[]> = number extends P["length"]
  ? never
  : P extends readonly [unknown, unknown, ...unknown[]]
    ? Required<P> extends P
      ? P extends readonly [readonly unknown[], object]
        ? Ambiguous
        : Readonly<P>
      : never
    : never;

type ItemFor<F extends Callable> =
  | SingleArgument<ParametersOf<F>>
  | FixedParameters<ParametersOf<F>>
  | ArgsAndKwds<F>;

/** Of a function that is only named nobody knows here how many parameters it has, so it has no list of arguments alone. */
type ItemOfReference<F extends Callable> = SingleArgument<ParametersOf<F>> | ArgsAndKwds<F>;

/** The function of a callable. */
export type FunctionOf<C extends Callable | ModuleCallable> =
  C extends ModuleCallable<infer F> ? F : Extract<C, Callable>;

/** An item of `makeRequests`: the arguments of one request. */
export type ItemOf<C extends Callable | ModuleCallable> =
  C extends ModuleCallable<infer F> ? ItemOfReference<F> : ItemFor<Extract<C, Callable>>;

/**
 * A callable of one argument. Its own type is `F`, which stays apart from the signature: TypeScript infers `T` and `R` of a
 * generic callable only where it looks for nothing but them.
 */
export type OneArgumentCallable<F, T, R> = CallableOf<[T], R> | (F & CallableOf<[T], R>);

/** An item that is the one argument of its request. It is no array, which could be several, and the callable takes one. */
export type OneArgument<F, T> = T &
  (F extends () => unknown ? (F extends (...args: infer P) => unknown ? P[0] : never) : unknown) &
  (T extends readonly unknown[] ? Ambiguous : unknown);
