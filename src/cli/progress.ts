import { process } from "../runtime/index.ts";

/** Shows how far a run is. */
export interface Progress {
  update(done: number, failed: number): void;
  /** Takes the bar away for a moment: something is about to be written to the terminal. */
  clear(): void;
  end(): void;
}

const NONE: Progress = { update: () => {}, clear: () => {}, end: () => {} };

/** A bar on standard error when that is a terminal and a bar is wanted; otherwise nothing. */
export async function startProgress(
  isWanted: boolean,
  total: number | undefined,
): Promise<Progress> {
  if (!isWanted || !process.stderr.isTTY || process.env["TERM"] === "dumb") return NONE;
  // Only a terminal needs the library.
  const { startBar } = await import("./progress-bar.ts");
  return startBar(total);
}
