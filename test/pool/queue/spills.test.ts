/** Memory for payloads that are too large for the arenas, which is used again. */
import { describe, expect, test } from "bun:test";
import { ThreadPool } from "../../../src/index.ts";
import { Spills } from "../../../src/pool/queue/spills.ts";
import type { PendingRequest } from "../../../src/pool/request/pending-request.ts";
import { queueRoom } from "../pool-parts.ts";
import { sumOf } from "../fixtures/byte-sums.ts";

function encodedOf(byte: number, length: number) {
  return {
    copyTo: (target: Uint8Array, start: number) => target.fill(byte, start, start + length),
  };
}

function store(spills: Spills, byte: number, length: number): SharedArrayBuffer {
  return spills.store(encodedOf(byte, length), length, "args");
}

describe("a spill", () => {
  test("is used again for a payload that fits, and holds that payload", () => {
    const spills = new Spills();
    const first = store(spills, 1, 1000);
    spills.keep(first);
    const second = store(spills, 2, 900);
    expect(second).toBe(first);
    expect([...new Uint8Array(second, 898, 4)]).toEqual([2, 2, 1, 1]);
  });

  test("is not used twice at a time", () => {
    const spills = new Spills();
    const first = store(spills, 1, 1000);
    spills.keep(first);
    expect(store(spills, 2, 1000)).toBe(first);
    expect(store(spills, 3, 1000)).not.toBe(first);
  });

  test.each([1001, 499])(
    "is not used for a payload that is longer, or much shorter: %d",
    (length) => {
      const spills = new Spills();
      const first = store(spills, 1, 1000);
      spills.keep(first);
      expect(store(spills, 2, length)).not.toBe(first);
      expect(store(spills, 3, 1000)).toBe(first);
    },
  );

  test("that several workers read, of a broadcast, is not used again; that of any other request is", () => {
    for (const isOffer of [true, false]) {
      const { tasks } = queueRoom();
      const spill = store(tasks.arenas.spills, 1, 1000);
      tasks.keepSpill({ outOfBand: { spill }, isOffer } as PendingRequest);
      expect(store(tasks.arenas.spills, 2, 1000) === spill).toBe(!isOffer);
    }
  });

  test("of the last few is kept, and no more", () => {
    const spills = new Spills();
    const stored = Array.from({ length: 10 }, () => store(spills, 1, 1000));
    for (const spill of stored) spills.keep(spill);
    const again = new Set(Array.from({ length: 10 }, () => store(spills, 2, 1000)));
    expect(stored.filter((spill) => again.has(spill))).toEqual(stored.slice(-4));
  });

  test("is given back when it is not used: it is not what keeps it alive", () => {
    const spills = new Spills();
    const kept = (() => {
      const spill = store(spills, 1, 1000);
      spills.keep(spill);
      return new WeakRef(spill);
    })();
    return new Promise<void>((resolve, reject) => {
      // Collected when nothing on the stack shows it, within a few turns.
      let turns = 0;
      const look = (): void => {
        Bun.gc(true);
        if (kept.deref() === undefined) resolve();
        else if (++turns === 100) reject(new Error("The spill is still there."));
        else setImmediate(look);
      };
      setImmediate(look);
    });
  });
});

describe("large arguments", () => {
  const LARGE = 40 << 20;

  test("that follow each other arrive as they are, in each worker", async () => {
    await using pool = new ThreadPool(2);
    for (let round = 0; round < 6; round++) {
      const runs = [1, 2].map((byte) => {
        const bytes = new Uint8Array(LARGE + round * 4096);
        bytes[0] = byte;
        bytes[bytes.length - 1] = byte + round;
        return pool.run(sumOf, [bytes, 1]);
      });
      expect(await Promise.all(runs)).toEqual([2 + round, 4 + round]);
    }
  });

  test("that are broadcast are not overwritten while a worker may still read them", async () => {
    await using pool = new ThreadPool(2);
    const bytes = new Uint8Array(LARGE);
    bytes[LARGE - 1] = 7;
    const other = new Uint8Array(LARGE);
    other[LARGE - 1] = 1;
    const told = pool.broadcast(sumOf, [bytes, 1]);
    const ran = [pool.run(sumOf, [other, 1]), pool.run(sumOf, [other, 1])];
    expect([await told, await Promise.all(ran)]).toEqual([
      [7, 7],
      [1, 1],
    ]);
  });
});
