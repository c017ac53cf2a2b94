import { describe, expect, test } from "bun:test";
import {
  CHILD_RUNS,
  DYING,
  FAILED,
  FETCH,
  HAS_REQUEST_ID,
  INLINE,
  IN_BAND,
  IS_TIMED,
  MAY_BE_STOPPED,
  NOT_INITIALIZED,
  NOT_LOADED,
  NUMBERS,
  OUT_OF_BAND_ON_DEMAND,
  OUT_OF_BAND_POSTED,
  PROGRESS,
  RESULT_HAS_OUT_OF_BAND,
  RESULT_IS_NUMBER,
  RESULT_IS_TIMED,
  SPILLED,
  SUCCEEDED,
  UNCAUGHT,
  WANTS_PROGRESS,
  attemptFlags,
  attemptOf,
  hasOutOfBand,
  isStatusWord,
  payloadKind,
  statusOf,
} from "../../src/protocol/flags.ts";

const KINDS = [IN_BAND, OUT_OF_BAND_POSTED, OUT_OF_BAND_ON_DEMAND, NUMBERS];
const TASK_FLAGS = [HAS_REQUEST_ID, IS_TIMED, WANTS_PROGRESS, MAY_BE_STOPPED];
const STATUSES = [
  SUCCEEDED,
  FAILED,
  DYING,
  FETCH,
  PROGRESS,
  NOT_INITIALIZED,
  NOT_LOADED,
  UNCAUGHT,
  CHILD_RUNS,
];
const RESULT_FLAGS = [RESULT_HAS_OUT_OF_BAND, RESULT_IS_NUMBER, RESULT_IS_TIMED];

function union(flags: readonly number[]): number {
  return flags.reduce((all, flag) => all | flag, 0);
}

describe("task flags", () => {
  test("tell the payload kind and the attempt, whatever else is set", () => {
    for (const others of [0, union(TASK_FLAGS)]) {
      for (const kind of KINDS) {
        for (const attempt of [1, 2, 1001]) {
          const flags = kind | others | attemptFlags(attempt);
          expect(payloadKind(flags)).toBe(kind);
          expect(attemptOf(flags)).toBe(attempt);
          expect(flags & union(TASK_FLAGS)).toBe(others);
        }
      }
    }
  });

  test("tell whether an out-of-band message belongs to the payload", () => {
    expect(KINDS.map((kind) => hasOutOfBand(kind | union(TASK_FLAGS)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test("share no bit", () => {
    expect(new Set(KINDS).size).toBe(KINDS.length);
    const bits = [union(KINDS), ...TASK_FLAGS, attemptFlags(2)];
    expect(union(bits)).toBe(bits.reduce((sum, bit) => sum + bit, 0));
  });
});

test("a location that is no offset in the arena is one of two negative numbers", () => {
  expect(INLINE).toBeLessThan(0);
  expect(SPILLED).toBeLessThan(0);
  expect(SPILLED).not.toBe(INLINE);
});

describe("a status word", () => {
  test("has a known status, with any known flags", () => {
    for (const status of STATUSES) {
      for (const flags of [0, ...RESULT_FLAGS, union(RESULT_FLAGS)]) {
        expect(isStatusWord(status | flags)).toBe(true);
        expect(statusOf(status | flags)).toBe(status);
      }
    }
    expect(new Set(STATUSES).size).toBe(STATUSES.length);
  });

  test.each([
    ["no status", 0],
    ["no status, but a flag", RESULT_IS_NUMBER],
    ["a status beyond the last", CHILD_RUNS + 1],
    ["the largest status", 0xff],
    ["an unknown flag", SUCCEEDED | (RESULT_IS_TIMED << 1)],
    ["the sign bit", SUCCEEDED | (1 << 31)],
  ])("is refused with %s", (_, word) => {
    expect(isStatusWord(word)).toBe(false);
  });
});
