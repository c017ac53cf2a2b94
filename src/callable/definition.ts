/** What is told to a worker of a callable. */

/** Any function; `never[]` so that functions of every parameter list are assignable to it. */
export type Callable = (...args: never[]) => unknown;

/** What a worker needs to get a callable; plain JSON, sent to each worker once. */
export type CallableDefinition =
  | { readonly kind: "export"; readonly url: string; readonly name: string }
  /** Perhaps an export of the module at `url`: taken only if its source is equal to `source`. */
  | {
      readonly kind: "evaluating";
      readonly url: string;
      readonly name: string;
      readonly source: string;
    }
  | { readonly kind: "source"; readonly name: string; readonly source: string };
