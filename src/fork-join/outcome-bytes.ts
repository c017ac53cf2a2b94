import { DataView, Uint8Array } from "../runtime/index.ts";
import { FAILED_AT_SHIFT, HAS_RUNS, STATUS_MASK, SUCCEEDED } from "./child-format.ts";

/** An outcome of a child that another worker has run, not decoded yet. */
export class OutcomeBytes {
  readonly isSuccess: boolean;
  /** Of a range: the item that has failed, counted from its first one. */
  readonly failedAt: number;
  readonly bytes: Uint8Array;
  /** Where the outcome begins. */
  readonly start: number;

  /** @param parts that were sent before the rest, when it is long */
  constructor(status: number, parts: readonly Uint8Array[], rest: Uint8Array) {
    this.isSuccess = (status & STATUS_MASK) === SUCCEEDED;
    this.failedAt = status >>> FAILED_AT_SHIFT;
    this.bytes = parts.length === 0 ? rest : joined([...parts, rest]);
    this.start = (status & HAS_RUNS) === 0 ? 0 : LENGTH_BYTES + this.#runsBytes;
  }

  /** What a trace is to hear, encoded; undefined when there is nothing. */
  get runs(): Uint8Array | undefined {
    return this.start === 0 ? undefined : this.bytes.subarray(LENGTH_BYTES, this.start);
  }

  get #runsBytes(): number {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset).getUint32(0, true);
  }
}

const LENGTH_BYTES = 4;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
