/** Tables of calls that are refused: what is wrong, the call, and what it throws. */
import { expect, test } from "bun:test";
import { thrownBy } from "./pool/rejection.ts";

export type ErrorClass = new (...args: never[]) => Error;

/** One way to misuse something. */
export type Misuse = readonly [
  title: string,
  attempt: () => unknown,
  errorClass: ErrorClass,
  message: RegExp,
];

/** Whatever a program without types may pass. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a cast, with a name that says why
export function untyped<T>(value: unknown): T {
  return value as T;
}

/** Each row is a test: the call itself throws an error of that class, with that message. */
export function testMisuses(rows: readonly Misuse[]): void {
  test.each(rows)("%s", (_, attempt, errorClass, message) => {
    expectRefused(attempt, errorClass, message);
  });
}

export function expectRefused(
  attempt: () => unknown,
  errorClass: ErrorClass,
  message: RegExp,
): void {
  const error = thrownBy(attempt);
  expect(error).toBeInstanceOf(errorClass);
  expect((error as Error).message).toMatch(message);
}
