import type * as BullMQ from "bullmq"; // oxlint-disable-line no-restricted-imports -- the optional peer of this entry
import { Error } from "../runtime/index.ts";
import { ThreadPoolError } from "../errors.ts";

export type { ConnectionOptions, Job, JobJson, Queue, Worker, WorkerOptions } from "bullmq"; // oxlint-disable-line no-restricted-imports -- as above

/** The engine as this entry uses it. */
export type Engine = typeof BullMQ;

/** Nobody reads the events that BullMQ stores of each job: few are kept. */
export const FEW_EVENTS: { readonly events: { readonly maxLen: number } } = {
  events: { maxLen: 100 },
};

let engine: Promise<Engine> | undefined;

/**
 * Loads BullMQ, which is an optional peer dependency.
 *
 * @throws ThreadPoolError that says how to install it
 */
export function loadEngine(): Promise<Engine> {
  return (engine ??= load());
}

async function load(): Promise<Engine> {
  try {
    const loaded = await import("bullmq"); // oxlint-disable-line no-restricted-imports -- as above
    if (typeof loaded.createBunRedisClient !== "function")
      throw new Error("the installed version has no adapter of Bun's client");
    return loaded;
  } catch (error) {
    engine = undefined;
    throw new ThreadPoolError(
      `ringpool/bullmq needs the package bullmq, 6.7 or newer: run "bun add bullmq": reason=${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
