import type { Callable, LoadableDefinition } from "./definition.ts";
import { describeCallable } from "./describe.ts";
import type { ModuleCallable } from "./from-module.ts";
import { describeHere, runnerHere } from "./local.ts";
import { runnerOf } from "./runner.ts";
import type { Runner } from "./runner.ts";

/** How callables are named to workers. Both members throw `CallableError` when a worker could not find one. */
export interface CallableNaming {
  /** See `describeCallable`. */
  readonly describe: (callable: Callable | ModuleCallable) => LoadableDefinition;
  /** See `runnerOf`. */
  readonly runnerOf: (
    name: string,
    callable: Callable | ModuleCallable,
    ...more: readonly (Callable | ModuleCallable)[]
  ) => Runner;
}

/** For workers that are threads: by module and export, or by source. */
export const FOR_THREADS: CallableNaming = { describe: describeCallable, runnerOf };

/** For workers in this very thread: by the function itself. */
export const FOR_THIS_THREAD: CallableNaming = { describe: describeHere, runnerOf: runnerHere };
