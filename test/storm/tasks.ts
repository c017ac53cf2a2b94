/**
 * What the storm's workers run: callables that verify what has arrived and answer with something made
 * from it, and callables that end their worker.
 */
import { taskContext } from "../../src/worker/index.ts";
import { checksum } from "./checksum.ts";

/** How `exitNow` and `exitLater` end a worker. */
export const EXIT_CODE = 42;
/** The message of each uncaught error that the storm means. */
export const UNCAUGHT = "an uncaught error of the storm";

/** A request's answer; the other side makes it too, and compares checksums. */
export interface Answer {
  readonly id: number;
  readonly echoed: unknown;
  readonly filler: Uint8Array;
}

/** A counter in shared memory: how often a request was run. */
export type Runs = Int32Array<SharedArrayBuffer>;

type AnswerArguments = [
  id: number,
  payload: unknown,
  sum: number,
  resultBytes: number,
  runs?: Runs | undefined,
];

/** Without verifying: what `answer` returns when all is well. */
export function answerTo(id: number, payload: unknown, sum: number, resultBytes: number): Answer {
  const filler = new Uint8Array(resultBytes).fill(sum);
  return { id, echoed: payload, filler };
}

export function answer(...[id, payload, sum, resultBytes, runs]: AnswerArguments): Answer {
  if (runs !== undefined) Atomics.add(runs, 0, 1);
  const found = checksum(payload);
  if (found !== sum) throw new RangeError(`The payload is damaged: id=${id} sum=${found}`);
  return answerTo(id, payload, sum, resultBytes);
}

/** The same from a timer, so that the worker's event loop turns meanwhile. */
export async function answerLater(...args: AnswerArguments): Promise<Answer> {
  await new Promise((resolve) => setTimeout(resolve, args[0] % 4));
  return answer(...args);
}

/** The same after up to two milliseconds of work, so that kills come in the middle of it. */
export function answerSlowly(...args: AnswerArguments): Answer {
  const end = performance.now() + (args[0] % 3);
  while (performance.now() < end);
  return answer(...args);
}

/** A request of bare numbers, which take the shortest way there and back. */
export function answerNumber(id: number, payload: number, sum: number): number {
  if (sumOfNumbers(id, payload) !== sum) throw new RangeError(`The payload is damaged: id=${id}`);
  return numberAnswerTo(id, payload);
}

export function sumOfNumbers(id: number, payload: number): number {
  return Math.imul(id, 0x9e3779b1) ^ payload;
}

export function numberAnswerTo(id: number, payload: number): number {
  return payload / 3 + id;
}

/** Ends its worker in the middle of its request. */
export function exitNow(): never {
  process.exit(EXIT_CODE);
}

/** The same in a turn of the worker's event loop. */
export async function exitLater(): Promise<never> {
  setTimeout(exitNow, 1);
  return forEver();
}

/** Still runs when a timer throws that it has set. */
export async function throwFromTimer(): Promise<never> {
  throwSoon();
  return forEver();
}

/** Still runs when a promise is rejected that is not awaited. */
export async function rejectUnawaited(): Promise<never> {
  void Promise.reject(new RangeError(UNCAUGHT));
  return forEver();
}

/** Answers; a timer that it leaves behind throws, during whatever its worker does then. */
export function answerAndThrow(...args: AnswerArguments): Answer {
  throwSoon();
  return answer(...args);
}

/** Answers; a promise that it leaves behind is rejected. */
export function answerAndReject(...args: AnswerArguments): Answer {
  void Promise.reject(new RangeError(UNCAUGHT));
  return answer(...args);
}

/** Ignores every request to stop. */
export function loopForEver(): never {
  for (;;);
}

/** Looks whether it is to stop. */
export function loopUntilStopped(): void {
  while (!taskContext.cancelled());
}

/** Waits in its worker's event loop to be told. */
export async function awaitStop(): Promise<void> {
  const { signal } = taskContext;
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

/** Says that it has come, and blocks its worker until the gate opens. */
export function holdAtGate(gate: Runs): void {
  Atomics.add(gate, 0, 1);
  while (Atomics.load(gate, 1) === 0) Atomics.wait(gate, 1, 0);
}

export function lengthOf(bytes: Uint8Array): number {
  return bytes.length;
}

function throwSoon(): void {
  setTimeout(() => {
    throw new RangeError(UNCAUGHT);
  }, 0);
}

function forEver(): Promise<never> {
  return new Promise<never>(() => {});
}

if (!Bun.isMainThread) {
  // An uncaught error that hits no request is printed; those of the storm would be hundreds.
  const print = console.error;
  console.error = (...parts: unknown[]): void => {
    if (!parts.some((part) => part instanceof Error && part.message === UNCAUGHT)) print(...parts);
  };
}
