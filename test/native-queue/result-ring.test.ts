import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  FULL,
  ResultReader,
  ResultWriter,
  createResultRing,
} from "../../native-queue/result-ring.ts";
import { Died, atEveryStep, meanwhileAt } from "./fixtures/interleave.ts";
import { STARTS } from "./fixtures/queue.ts";
import { Threads } from "./fixtures/threads.ts";

/** Words of a ring's memory, as its header draws them. */
const TAIL = 0;
const WANTED = 1;
const HEAD = 32;
const FIRST_FRAME = 256;
const HEADER_BYTES = 16;

interface Ring {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly capacity: number;
  readonly writer: ResultWriter;
  readonly reader: ResultReader;
}

function ringAt(start: number, bytes: number = 1024): Ring {
  const memory = createResultRing(bytes);
  const words = new Int32Array(memory);
  Atomics.store(words, TAIL, start);
  Atomics.store(words, HEAD, start);
  return {
    words,
    capacity: memory.byteLength - FIRST_FRAME,
    writer: new ResultWriter(memory),
    reader: new ResultReader(memory),
  };
}

/** A frame with its number as task, a payload made from it, and other fields that differ. */
function tryWrite({ writer }: Ring, number: number, payloadBytes: number): boolean {
  const at = writer.tryReserve(payloadBytes);
  if (at === FULL) return false;
  writer.bytes.fill(number & 0xff, at, at + payloadBytes);
  writer.publish(number, ~number & 0x3fffff, number * 2, payloadBytes);
  return true;
}
function expectFrame({ reader }: Ring, number: number, payloadBytes: number): void {
  expect([reader.task, reader.generation, reader.status]).toEqual([
    number,
    ~number & 0x3fffff,
    number * 2,
  ]);
  expect(reader.end - reader.start).toBe(payloadBytes);
  expect(reader.bytes.slice(reader.start, reader.end)).toEqual(
    new Uint8Array(payloadBytes).fill(number & 0xff),
  );
}

describe.each(STARTS)("a result ring that starts at byte %d", (start) => {
  test("gives back the published frames in order, whatever their sizes and however many are read at once", () => {
    const step = fc.oneof(
      fc.record({ write: fc.integer({ min: 0, max: 112 }) }),
      fc.record({ read: fc.integer({ min: 1, max: 5 }), commits: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const ring = ringAt(start);
        expect(ring.writer.maxPayloadBytes).toBe(112);
        const published: { number: number; bytes: number }[] = [];
        let number = 0;
        for (const each of steps) {
          if ("write" in each) {
            if (tryWrite(ring, number, each.write)) published.push({ number, bytes: each.write });
            number += 1;
          } else {
            for (let left = each.read; left > 0; left--) {
              expect(ring.reader.hasNext).toBe(published.length > 0);
              const frame = published.shift();
              expect(ring.reader.next()).toBe(frame !== undefined);
              if (frame !== undefined) expectFrame(ring, frame.number, frame.bytes);
            }
            if (each.commits) ring.reader.commit();
          }
        }
        for (const frame of published) {
          expect(ring.reader.next()).toBe(true);
          expectFrame(ring, frame.number, frame.bytes);
        }
        expect(ring.reader.next()).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test("is full with as many of the smallest frames as fit, and has room for one when one is given back", () => {
    const ring = ringAt(start);
    let written = 0;
    while (tryWrite(ring, written, 0)) written += 1;
    expect(written).toBe(ring.capacity / HEADER_BYTES);
    expect(ring.reader.next()).toBe(true);
    expect(tryWrite(ring, written, 0)).toBe(false); // read, not yet given back
    ring.reader.commit();
    expect(tryWrite(ring, written, 0)).toBe(true);
    expect(tryWrite(ring, written + 1, 0)).toBe(false);
    for (let number = 1; number <= written; number++) {
      expect(ring.reader.next()).toBe(true);
      expectFrame(ring, number, 0);
    }
    expect(ring.reader.next()).toBe(false);
  });

  test("has padding up to its end where a frame would wrap", () => {
    const ring = ringAt(start, 256);
    for (let number = 0; number < 200; number++) {
      const bytes = number % 17;
      expect(tryWrite(ring, number, bytes)).toBe(true);
      expect(ring.reader.next()).toBe(true);
      expectFrame(ring, number, bytes);
      expect(ring.reader.start).toBeGreaterThanOrEqual(FIRST_FRAME + HEADER_BYTES);
      expect(ring.reader.end).toBeLessThanOrEqual(FIRST_FRAME + ring.capacity);
      expect(ring.reader.start % 8).toBe(0);
      ring.reader.commit();
    }
  });

  test.each([128, 256, 4096])(
    "of %d bytes takes its longest payload at every position when it is empty",
    (bytes) => {
      for (let offset = 0; offset < bytes; offset += 8) {
        const ring = ringAt((start + offset) | 0, bytes);
        expect(tryWrite(ring, 7, ring.writer.maxPayloadBytes)).toBe(true);
        expect(ring.reader.next()).toBe(true);
        expectFrame(ring, 7, ring.writer.maxPayloadBytes);
      }
    },
  );

  test("shows nothing of a frame that is reserved and not published", () => {
    const ring = ringAt(start, 256);
    for (let number = 0; number < 30; number++) {
      const abandoned = ring.writer.tryReserve(16);
      ring.writer.bytes.fill(0xee, abandoned, abandoned + 16);
      expect(ring.reader.hasNext).toBe(false);
      expect(ring.reader.next()).toBe(false);
      // A writer that lives reserves anew, another size.
      expect(tryWrite(ring, number, number % 9)).toBe(true);
      expect(ring.reader.next()).toBe(true);
      expectFrame(ring, number, number % 9);
      ring.reader.commit();
    }
  });

  test("shows a whole frame or none at any step of publishing it, and none if its writer dies there", () => {
    for (const dies of [false, true]) {
      atEveryStep({
        arrange: () => ({ ...ringAt(start, 128), seen: false }),
        act: (ring) => tryWrite(ring, 3, 0),
        meanwhile: (ring) => {
          ring.seen = ring.reader.next();
          if (ring.seen) expectFrame(ring, 3, 0);
          if (dies) throw new Died();
        },
        check: (ring, end, order) => {
          const hasPublished = !(end instanceof Died);
          if (!ring.seen) expect(ring.reader.next(), order).toBe(hasPublished);
          if (hasPublished) expectFrame(ring, 3, 0);
        },
      });
    }
  });

  test("tells the reader once that its writer waits for space, and only then", () => {
    const ring = ringAt(start, 128);
    expect(ring.reader.commit()).toBe(false);
    ring.writer.wantSpace();
    expect(ring.reader.commit()).toBe(true);
    expect(ring.reader.commit()).toBe(false);
    expect(Atomics.load(ring.words, WANTED)).toBe(0);
  });

  test("lets the writer see space that comes back between its two looks at the head", () => {
    const ring = fullRing(start);
    const at = meanwhileAt(
      ({ operation, word }) => operation === "load" && word === HEAD,
      () => {
        ring.reader.next();
        ring.reader.commit();
      },
      () => ring.writer.tryReserve(0),
    );
    expect(at).not.toBe(FULL);
  });

  test("throws when the bytes cannot be a frame", () => {
    for (const length of [-2, 1024, 0x7fffffff]) {
      const ring = ringAt(start);
      tryWrite(ring, 1, 8);
      ring.words[(FIRST_FRAME + (start & (ring.capacity - 1))) >> 2] = length;
      expect(() => ring.reader.next()).toThrow(`length=${length}`);
    }
  });

  test("throws when the tail lies where nothing can have been published", () => {
    for (const ahead of [-8, 4, 1, 1032, 0x40000000, -0x80000000]) {
      const ring = ringAt(start);
      ring.words[TAIL] = (start + ahead) | 0;
      expect(() => ring.reader.next()).toThrow(RangeError);
      expect(() => ring.reader.next()).toThrow(/tail/);
    }
  });

  test("finds no more frames than it can hold until it gives space back, however fast the tail moves", () => {
    const ring = ringAt(start);
    const readAll = (): number => {
      for (let frames = 0; ; frames++) {
        ring.words[TAIL] = ((ring.words[TAIL] as number) + HEADER_BYTES) | 0; // all zeros: an empty frame
        try {
          ring.reader.next();
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return frames;
        }
      }
    };
    expect(readAll()).toBe(ring.capacity / HEADER_BYTES);
  });
});

test("a result ring throws when there is more padding than is published", () => {
  const ring = ringAt(0);
  tryWrite(ring, 1, 8);
  ring.words[FIRST_FRAME >> 2] = -1;
  expect(() => ring.reader.next()).toThrow("length=-1");
});

function fullRing(start: number): Ring {
  const ring = ringAt(start, 128);
  for (let number = 0; number < 8; number++) expect(tryWrite(ring, number, 0)).toBe(true);
  expect(ring.writer.tryReserve(0)).toBe(FULL);
  return ring;
}

describe("a worker thread whose ring is full", () => {
  let threads: Threads | undefined;
  afterEach(() => threads?.[Symbol.dispose]());

  test.each([
    ["blocked", 60_000],
    ["with its event loop turning", 0],
  ])("waits, %s, for a slow reader and loses no result", (_, blockMs) => {
    const REQUESTS = 400;
    // Eight frames fill the ring; fourteen results are to come each time.
    threads = new Threads({
      workers: 1,
      tasks: 16,
      requests: REQUESTS,
      ringBytes: 128,
      work: "long-reply",
      spinUs: 0,
      blockMs,
    });
    const thread = threads.thread(0);
    let put = 0;
    let isTimeToRead = false;
    while (threads.settled < REQUESTS) {
      while (put < REQUESTS && threads.tryPut(put)) put += 1;
      // Nothing is read until the worker has said that it waits, while there is enough to fill the ring.
      const unread = REQUESTS - threads.settled;
      if (unread > 8 && put - threads.settled > 8) {
        threads.spinUntil(() => Atomics.load(thread.ringWords, WANTED) === 1);
        isTimeToRead = true;
      }
      threads.spinUntil(() => thread.reader.hasNext);
      threads.readRing(thread, 1);
    }
    expect(isTimeToRead).toBe(true);
    expect([...threads.runs]).toEqual(Array.from({ length: REQUESTS }, () => 1));
    expect(threads.strayFrames).toBe(0);
  });
});
