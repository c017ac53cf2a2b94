/**
 * Any function that needs no `this`: a callable travels without its object. With `never[]`, functions of every parameter
 * list are assignable to it.
 */
export type Callable = (this: void, ...args: never[]) => unknown;

/** What a worker needs to find a callable; plain JSON, sent to each worker once. */
export type CallableDefinition =
  /** The export `name` of the module at `url`. */
  | { readonly kind: "export"; readonly url: string; readonly name: string }
  /** Perhaps an export of the module at `url`: used only when its source text is equal to `source`. */
  | {
      readonly kind: "evaluating";
      readonly url: string;
      readonly name: string;
      readonly source: string;
    }
  /** A function that is made from its source text alone. */
  | { readonly kind: "source"; readonly name: string; readonly source: string };
