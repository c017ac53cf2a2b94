import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  TAG_CLAIMED,
  TAG_FREE,
  TAG_READY,
  generationOf,
  generationOfState,
  ownerOf,
  packClaimed,
  packFree,
  packReady,
  tagOf,
} from "../../native-queue/task-state.ts";

const position = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const worker = fc.integer({ min: 0, max: 255 });

describe("a task's state", () => {
  test("keeps tag, owner and generation apart, whatever the position", () => {
    fc.assert(
      fc.property(position, worker, (at, owner) => {
        const claimed = packClaimed(at, owner);
        expect(tagOf(claimed)).toBe(TAG_CLAIMED);
        expect(ownerOf(claimed)).toBe(owner);
        expect(generationOfState(claimed)).toBe(generationOf(at));
        for (const [state, tag] of [
          [packFree(at), TAG_FREE],
          [packReady(at), TAG_READY],
        ] as const) {
          expect(tagOf(state)).toBe(tag);
          expect(ownerOf(state)).toBe(0);
          expect(generationOfState(state)).toBe(generationOf(at));
        }
      }),
    );
  });

  test("is the 32-bit integer that an Int32Array holds, so that a CAS can expect it", () => {
    fc.assert(
      fc.property(position, worker, (at, owner) => {
        for (const state of [packFree(at), packReady(at), packClaimed(at, owner)]) {
          expect(state).toBe(state | 0);
        }
      }),
    );
  });

  test("differs between two positions less than 4,194,304 apart", () => {
    fc.assert(
      fc.property(position, fc.integer({ min: 1, max: 2 ** 22 - 1 }), (at, steps) => {
        expect(packReady((at + steps) | 0)).not.toBe(packReady(at));
      }),
    );
    expect(packReady(2 ** 22)).toBe(packReady(0));
  });
});
