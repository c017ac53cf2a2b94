/** Compile-time assertions: nothing in this folder is ever run, tsc is the test. */

type IsAny<T> = 0 extends 1 & T ? true : false;
/** Each is assignable to the other, and neither is `any` alone. */
type IsSame<A, B> = [A, B, IsAny<A>] extends [B, A, IsAny<B>] ? true : false;

/**
 * `exactly<Expected>()(value)` compiles only if the type of the value is neither wider nor narrower.
 */
export declare function exactly<Expected>(): <Actual>(
  value: Actual,
  ...mismatch: IsSame<Actual, Expected> extends true ? [] : [expected: Expected, actual: Actual]
) => void;
