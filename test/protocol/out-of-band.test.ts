import { describe, expect, test } from "bun:test";
import { Encoder } from "../../src/codec/objects.ts";
import { IN_BAND, OUT_OF_BAND_ON_DEMAND, OUT_OF_BAND_POSTED } from "../../src/protocol/flags.ts";
import {
  isOutOfBandMessage,
  outOfBandMessage,
  outOfBandPartsOf,
  payloadKindOf,
  withSpill,
} from "../../src/protocol/out-of-band.ts";
import type { OutOfBandParts } from "../../src/protocol/out-of-band.ts";

const SPILL = new SharedArrayBuffer(8);

const PARTS: OutOfBandParts = {
  handles: [],
  transferList: [],
  spill: undefined,
  spillBytes: 0,
  named: [],
};

describe("the payload kind of a request", () => {
  const buffer = new ArrayBuffer(8);
  test.each<[string, OutOfBandParts | undefined, number]>([
    ["without parts is in band", undefined, IN_BAND],
    ["that only keeps named buffers alive is in band", { ...PARTS, named: [SPILL] }, IN_BAND],
    ["with a handle is posted", { ...PARTS, handles: [SPILL] }, OUT_OF_BAND_POSTED],
    ["with a spill is posted", { ...PARTS, spill: SPILL, spillBytes: 8 }, OUT_OF_BAND_POSTED],
    [
      "with a buffer that is moved is on demand",
      { ...PARTS, handles: [buffer], transferList: [buffer] },
      OUT_OF_BAND_ON_DEMAND,
    ],
    [
      "with a spill and a buffer that is moved is on demand",
      { ...PARTS, handles: [buffer], transferList: [buffer], spill: SPILL, spillBytes: 8 },
      OUT_OF_BAND_ON_DEMAND,
    ],
  ])("%s", (_, parts, kind) => {
    expect(payloadKindOf(parts)).toBe(kind);
  });
});

describe("the message to a worker", () => {
  test("has the parts, and the task and generation that they belong to", () => {
    const position = (1 << 22) + 5;
    const parts = withSpill({ ...PARTS, handles: [SPILL], named: [SPILL] }, SPILL, 7);
    expect(outOfBandMessage(3, position, parts)).toEqual({
      position,
      outOfBand: { task: 3, generation: 5, handles: [SPILL], spill: SPILL, spillBytes: 7 },
    });
  });

  test("says without parts that they are lost", () => {
    expect(outOfBandMessage(3, 5).outOfBand).toEqual({
      task: 3,
      generation: 5,
      handles: [],
      spill: undefined,
      spillBytes: 0,
    });
  });
});

test("parts with a spill keep all other parts", () => {
  const parts = { ...PARTS, handles: [SPILL], named: [SPILL] };
  expect(withSpill(parts, SPILL, 7)).toEqual({ ...parts, spill: SPILL, spillBytes: 7 });
  expect(withSpill(undefined, SPILL, 7)).toEqual({ ...PARTS, spill: SPILL, spillBytes: 7 });
});

describe("what a worker posts", () => {
  const message = { task: 1, generation: 2, handles: [], spill: undefined, spillBytes: 0 };

  test.each<[string, unknown]>([
    ["without a spill", message],
    ["with handles", { ...message, handles: [1] }],
    ["with a spill", { ...message, spill: SPILL, spillBytes: 8 }],
  ])("is an out-of-band message %s", (_, posted) => {
    expect(isOutOfBandMessage(posted)).toBe(true);
  });

  test.each<[string, unknown]>([
    ["null", null],
    ["text", "task"],
    ["an object without a task", { ...message, task: undefined }],
    ["an object whose task is no integer", { ...message, task: 0.5 }],
    ["an object without a generation", { ...message, generation: "2" }],
    ["an object whose handles are no array", { ...message, handles: { length: 0 } }],
    [
      "an object whose spill is not shared",
      { ...message, spill: new ArrayBuffer(8), spillBytes: 8 },
    ],
    ["an object whose spill has no length", { ...message, spill: SPILL, spillBytes: undefined }],
  ])("is none when it is %s", (_, posted) => {
    expect(isOutOfBandMessage(posted)).toBe(false);
  });
});

describe("the parts of a value", () => {
  test("are none when all of it travels as bytes", () => {
    const encoder = new Encoder();
    encoder.prepare([1, "text", { a: new Uint8Array(3) }], "args");
    expect(outOfBandPartsOf(encoder)).toBeUndefined();
  });

  test("are the handles that the bytes refer to", () => {
    const encoder = new Encoder();
    encoder.prepare([SPILL], "args");
    expect(outOfBandPartsOf(encoder)).toEqual({ ...PARTS, handles: [SPILL] });
  });

  test("are the buffers that the bytes name by number, which are kept alive", () => {
    const encoder = new Encoder(() => 5);
    encoder.prepare([SPILL], "args");
    expect(outOfBandPartsOf(encoder)).toEqual({ ...PARTS, named: [SPILL] });
  });

  test("take a buffer that is to be moved from the caller at once, and leave other parts alone", () => {
    const encoder = new Encoder();
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    encoder.prepare([buffer, SPILL], "args", [buffer]);
    const parts = outOfBandPartsOf(encoder);
    expect(buffer.detached).toBe(true);
    const moved = parts?.transferList[0] as ArrayBuffer;
    expect(new Uint8Array(moved)).toEqual(new Uint8Array([1, 2, 3]));
    expect(parts?.handles).toContain(moved);
    expect(parts?.handles).toContain(SPILL);
  });
});
