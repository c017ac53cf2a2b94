import type { EncodedValue } from "../../protocol/index.ts";

/** An encoded request on its way to a task. */
export interface Arrival {
  readonly length: number;
  /** Whether the bytes are bare numbers, and not an encoded value. */
  readonly areNumbers: boolean;
  /** The time of the put; see `Latency.putAt`. */
  readonly putAt: number;
}

/** The payload of a request in its task; valid until the task is used again. */
export interface Payload {
  readonly encoded: EncodedValue;
  readonly arrival: Arrival;
}
