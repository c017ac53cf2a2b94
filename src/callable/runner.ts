import type { Callable, FunctionDefinition, RunnerDefinition } from "./definition.ts";
import { describeCallable } from "./describe.ts";
import type { ModuleCallable } from "./from-module.ts";
import { intern } from "./interned.ts";
import { Map, WeakMap } from "../runtime/index.ts";

/** What a request names in place of a callable, when a runner of the worker is to call one or several callables. */
export class Runner {
  readonly definition: RunnerDefinition;

  constructor(definition: RunnerDefinition) {
    this.definition = definition;
  }
}

/** The runners of one callable, by name and by the definition of the callable. */
const runners = new Map<string, WeakMap<FunctionDefinition, Runner>>();

/**
 * A runner for these callables. The same one each time while there is one callable, so that a pool finds its number at once.
 *
 * @param name names the runner in the worker
 * @throws CallableError when a worker could not find one of the callables
 */
export function runnerOf(
  name: string,
  callable: Callable | ModuleCallable,
  ...more: readonly (Callable | ModuleCallable)[]
): Runner {
  const first = describeCallable(callable);
  if (more.length > 0) {
    const functions = [first, ...more.map((each) => describeCallable(each))];
    return new Runner(intern({ kind: "runner", name, functions }));
  }
  let ofName = runners.get(name);
  if (ofName === undefined) runners.set(name, (ofName = new WeakMap()));
  let runner = ofName.get(first);
  if (runner === undefined) {
    runner = new Runner(intern({ kind: "runner", name, functions: [first] }));
    ofName.set(first, runner);
  }
  return runner;
}
