import { Random } from "../storm/random.ts";
import { decoderTarget } from "./decoder-target.ts";
import { collectorTarget } from "./collector-target.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { ringTarget } from "./ring-target.ts";

export const FUZZ_TARGETS: readonly FuzzTarget[] = [decoderTarget, ringTarget, collectorTarget];

/** The execution with a seed: the same one each time. */
export function execute(target: FuzzTarget, seed: number): void {
  target.run(new Random(seed));
}
