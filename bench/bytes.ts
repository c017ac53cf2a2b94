import { burstOf } from "./burst.ts";
import type { RunningPool } from "./contestants/contestant.ts";
import type { Entry } from "./interleave.ts";

/** So many bytes are on their way at once, where the arrays are smaller. */
const BYTES_IN_FLIGHT = 3 << 20;
const MOST_ARRAYS = 200;

/** A burst of byte arrays of one size, each echoed. */
export function bytesBurst(
  pool: RunningPool,
  bytes: number,
): { sample: Entry["sample"]; arrays: number } {
  const arrays = Math.max(1, Math.min(MOST_ARRAYS, Math.floor(BYTES_IN_FLIGHT / bytes)));
  const values = Array.from({ length: arrays }, (_, i) => new Uint8Array(bytes).fill(i + 1));
  return { sample: burstOf(pool, values), arrays };
}

/** 4 KiB to 64 MiB. */
export const SIZES: readonly number[] = [12, 14, 16, 20, 24, 26].map((bits) => 1 << bits);

export function sizeLabel(bytes: number): string {
  return bytes < 1 << 20 ? `${bytes >> 10} KiB` : `${bytes >> 20} MiB`;
}
