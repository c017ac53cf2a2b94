import { Presets, SingleBar } from "cli-progress";
import type { ListedFile } from "./folder-listing.ts";

/** Shows the progress of a run on standard error, because standard output is for the results. */
export interface Progress {
  /** Counts one more file as done. */
  advance(file: ListedFile): void;
  /** Ends the display. */
  end(): void;
}

/** Shows a bar on a terminal. Elsewhere, for example in a log, prints a line at each quarter. */
export function startProgress(title: string, files: readonly ListedFile[]): Progress {
  const isTerminal = process.stderr.isTTY && process.env["TERM"] !== "dumb";
  const total = files.reduce((sum, file) => sum + workOf(file), 0);
  return isTerminal ? startBar(title, total) : startLines(title, total);
}

/** Estimates the work for a file in bytes. An empty file counts too, because it has to be opened. */
function workOf(file: ListedFile): number {
  return file.bytes + 4096;
}

function startBar(title: string, total: number): Progress {
  const columns = process.stderr.columns || 80;
  const bar = new SingleBar(
    {
      format: `${title}  {bar}  {percentage} %  {files} files  {duration_formatted}  eta {eta_formatted}`,
      stream: process.stderr,
      barsize: Math.min(30, Math.max(10, columns - 50)),
      autopadding: true,
      // The main thread is busy from the first file to the last, so a handler of Ctrl-C could not run
      // before the end. Therefore the bar installs none, and changes no setting of the terminal.
      gracefulExit: false,
      linewrap: true,
    },
    Presets.shades_classic,
  );
  let files = 0;
  bar.start(total, 0, { files });
  return {
    advance(file) {
      files += 1;
      bar.increment(workOf(file), { files });
    },
    end: () => bar.stop(),
  };
}

function startLines(title: string, total: number): Progress {
  const startedMs = performance.now();
  let done = 0;
  let quarters = 0;
  return {
    advance(file) {
      done += workOf(file);
      const reached = Math.floor((4 * done) / total);
      if (reached === quarters) return;
      quarters = reached;
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(2);
      console.error(`${title}  ${String(25 * quarters).padStart(3)} %  ${seconds.padStart(6)} s`);
    },
    end: () => {},
  };
}
