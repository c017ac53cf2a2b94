import { Promise } from "../runtime/index.ts";
import type { ReadyChild } from "./child-reader.ts";
import { runBlocking, runInTurns } from "./collecting.ts";
import { Group } from "./group.ts";
import type { LocalChildren } from "./local-children.ts";
import type { TakenRun } from "./taken-run.ts";

const NO_SETTINGS = { signal: undefined, carry: undefined };

/** Calls what a child of another worker calls. A range gives a promise. */
export function callInTurns(local: LocalChildren, run: TakenRun, ready: ReadyChild): unknown {
  const { callable, args, range } = ready;
  if (range === undefined) return callable.call(...args);
  const made = (onChange: () => void): Group =>
    new Group(run, callable, range, NO_SETTINGS, undefined, onChange);
  return new Promise((resolve, reject) => {
    runInTurns(local, made, (group) => {
      try {
        resolve(resultsOf(local, run, group));
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** The same, on the stack of a thread that waits. */
export function callBlocking(local: LocalChildren, run: TakenRun, ready: ReadyChild): unknown {
  const { callable, args, range } = ready;
  if (range === undefined) return local.callToEnd(callable.call, args, callable.name);
  const group = new Group(run, callable, range, NO_SETTINGS);
  runBlocking(local, group);
  return resultsOf(local, run, group);
}

/** The results of the items of a range. */
function resultsOf(local: LocalChildren, run: TakenRun, group: Group): unknown {
  const { failure, results } = group;
  local.counts.noteRange(group.begun, group.hasFailedHere);
  if (failure === undefined) return results;
  run.failedAt = Math.max(0, failure.index);
  throw failure.error;
}
