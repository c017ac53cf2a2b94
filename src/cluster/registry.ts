import type { Callable, ModuleCallable } from "../index.ts";
import { CallableError } from "../errors.ts";
import { describeValue, TypeError } from "../runtime/index.ts";

/** The callables that a machine serves, by the names under which producers ask for them. */
export type Registry = Readonly<Record<string, Callable | ModuleCallable>>;

/** The function of an entry of a registry. */
export type FunctionIn<R extends Registry, N extends keyof R> =
  R[N] extends ModuleCallable<infer F> ? F : Extract<R[N], Callable>;

/** The names of a registry. */
export type NameIn<R extends Registry> = keyof R & string;

/**
 * Checks what `serveMachine` is given.
 *
 * @throws TypeError that names the entry that is no callable
 */
export function checkRegistry(registry: unknown): Registry {
  if (typeof registry !== "object" || registry === null)
    throw new TypeError(
      `registry is an object of callables by their names, as in { thumbnail }: registry=${describeValue(registry)}`,
    );
  // An own copy without a prototype: a job that asks for "constructor" finds nothing.
  const own = Object.create(null) as Record<string, Callable | ModuleCallable>;
  for (const [name, callable] of Object.entries(registry)) {
    if (typeof callable !== "function" && (typeof callable !== "object" || callable === null))
      throw new TypeError(
        `Every entry of registry is an exported function, or what fromModule returns: registry.${name}=${describeValue(callable)}`,
      );
    own[name] = callable as Callable;
  }
  if (Object.keys(own).length === 0)
    throw new TypeError("registry names at least one callable: registry={}");
  return own;
}

/**
 * The callable of that name.
 *
 * @throws CallableError that names the callables that the machine has
 */
export function callableNamed(registry: Registry, name: string): Callable | ModuleCallable {
  const callable = registry[name];
  if (callable !== undefined) return callable;
  throw new CallableError(
    `The registry of this machine has no callable of that name; it has ${Object.keys(registry).join(", ")}: callable=${describeValue(name)}`,
  );
}

/**
 * Checks how a producer names a callable.
 *
 * @throws CallableError that says why a function cannot be sent
 */
export function checkCallableName(callable: unknown): string {
  if (typeof callable === "string") return callable;
  throw new CallableError(
    `A cluster runs callables by name: a function cannot travel to another machine, where its module may be another one or missing. Put it into the registry of serveMachine, deploy that, and pass its name: callable=${describeValue(callable)}`,
  );
}
