import { ARM_FOR_RESULTS, awaitWorkersAsync } from "../../../native-queue/index.ts";
import type { QueueViews } from "../../../native-queue/index.ts";

/** Waits as a parent does that sleeps until it is woken. The promise resolves when the epoch is bumped. */
export async function waitForBump(views: QueueViews): Promise<void> {
  await awaitWorkersAsync(views, ARM_FOR_RESULTS, () => false);
}
