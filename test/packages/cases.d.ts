type AnyFunction = (...args: never[]) => unknown;

export declare const agreeing: readonly (readonly [string, AnyFunction, unknown[]])[];
export declare const refused: readonly (readonly [
  string,
  string,
  AnyFunction,
  unknown[],
  RegExp,
])[];
