import { describe, expect, test } from "bun:test";
import { Decoder } from "../../src/codec/objects.ts";
import { PayloadError } from "../../src/errors.ts";
import { FUZZ_TARGETS, execute } from "./fuzz-targets.ts";
import { FRAMES } from "./hostile-frames.ts";

const EXECUTIONS = 3000;

describe("hostile bytes do no harm", () => {
  test.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))(
    "to the %s",
    (_, target) => {
      let executions = 0;
      for (let seed = 0; seed < EXECUTIONS; seed++) {
        try {
          execute(target, seed);
        } catch (cause) {
          throw new Error(`bun run fuzz --target ${target.name} --seed ${seed}`, { cause });
        }
        executions += 1;
      }
      expect(executions).toBe(EXECUTIONS);
    },
  );
});

test("bytes that another thread changes while they are read give a value or a PayloadError", async () => {
  const memory = new SharedArrayBuffer(Math.max(...FRAMES.map(({ length }) => length)));
  const bytes = new Uint8Array(memory);
  const scribbler = new Worker(new URL("./fixtures/scribbler.ts", import.meta.url).href);
  const scribbling = new Promise((resolve) => scribbler.addEventListener("message", resolve));
  scribbler.postMessage({ memory, seed: 1 });
  await scribbling;
  const decoder = new Decoder();
  const outcomes = { values: 0, payloadErrors: 0 };
  for (let execution = 0; execution < 20_000; execution++) {
    const frame = FRAMES[execution % FRAMES.length] as Uint8Array;
    bytes.set(frame);
    try {
      decoder.decode(bytes, 0, frame.length);
      outcomes.values += 1;
    } catch (error) {
      expect(error).toBeInstanceOf(PayloadError);
      outcomes.payloadErrors += 1;
    }
  }
  scribbler.terminate();
  // Both come about, or nothing was changed while it was read.
  expect(outcomes.values).toBeGreaterThan(0);
  expect(outcomes.payloadErrors).toBeGreaterThan(0);
});
