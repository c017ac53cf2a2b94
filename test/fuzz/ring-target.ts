/**
 * The reader of a result ring, and the decoder behind it, on rings that a writer has filled and that were
 * damaged then: frames lie within the ring, there are no more than fit, and a RangeError ends it.
 */
import { ResultReader, ResultWriter, createResultRing } from "../../native-queue/index.ts";
import { Decoder } from "../../src/codec/objects.ts";
import { PayloadError } from "../../src/errors.ts";
import type { Random } from "../storm/random.ts";
import { Finding } from "./fuzz-target.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { FRAMES, hostileFrame } from "./hostile-frames.ts";

/** Words of a ring's memory, as the header of result-ring.ts draws them. */
const TAIL = 0;
const HEAD = 32;
const FRAMES_BYTE = 256;
const HEADER_BYTES = 16;

const decoder = new Decoder();

export const ringTarget: FuzzTarget = {
  name: "ring",
  run(random) {
    const memory = createResultRing(2 ** random.between(7, 15));
    const words = new Int32Array(memory);
    // Anywhere in the wrapping positions, the turn over the sign included.
    const start = random.pick([0, 0x7fffff00, -256, random.between(-(2 ** 27), 2 ** 27) * 8]);
    words[TAIL] = start;
    words[HEAD] = start;
    const writer = new ResultWriter(memory);
    const reader = new ResultReader(memory);
    for (let rounds = random.between(1, 4); rounds > 0; rounds--) {
      writeFrames(random, writer);
      if (random.chance(0.8)) damage(random, words);
      if (!readFrames(reader, memory.byteLength)) return;
      reader.commit();
    }
  },
};

function writeFrames(random: Random, writer: ResultWriter): void {
  for (let frames = random.between(1, 40); frames > 0; frames--) {
    const payload = random.chance(0.5) ? random.pick(FRAMES) : hostileFrame(random);
    const length = Math.min(payload.length, writer.maxPayloadBytes);
    const at = writer.tryReserve(length);
    if (at < 0) return;
    writer.bytes.set(payload.subarray(0, length), at);
    writer.publish(random.between(0, 1023), random.between(0, 2 ** 22), 1, length);
  }
}

const HOSTILE_WORDS = [-1, -2, 0, 1, 7, 8, 16, 0x7fffffff, -0x80000000, 0x7ffffff8, 1 << 20];

/** A few words get another value: of frames and their headers anywhere, and the tail. */
export function damage(random: Random, words: Int32Array): void {
  for (let changes = random.between(1, 5); changes > 0; changes--) {
    const word = random.chance(0.3) ? TAIL : random.between(FRAMES_BYTE / 4, words.length - 1);
    const old = words[word] as number;
    words[word] = random.pick([
      random.pick(HOSTILE_WORDS),
      old ^ (1 << random.between(0, 31)),
      (old + random.between(-64, 64)) | 0,
      (old + random.between(-8, 8) * 8) | 0,
    ]);
  }
}

/** Reads all that is published. Returns false when the ring was found to be damaged. */
function readFrames(reader: ResultReader, ringBytes: number): boolean {
  const most = (ringBytes - FRAMES_BYTE) / HEADER_BYTES;
  for (let frames = 0; frames <= most; frames++) {
    try {
      if (!reader.next()) return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw new Finding("Something else than a RangeError was thrown.", { cause: error });
    }
    const { start, end } = reader;
    if (
      !(start % 8 === 0 && start >= FRAMES_BYTE + HEADER_BYTES && start <= end && end <= ringBytes)
    ) {
      throw new Finding(`A frame lies outside of its ring: start=${start} end=${end}`);
    }
    try {
      decoder.decode(reader.bytes, start, end);
    } catch (error) {
      if (error instanceof PayloadError) continue;
      throw new Finding("Something else than a PayloadError was thrown.", { cause: error });
    }
  }
  throw new Finding("A ring has given more frames than it can hold.");
}
