import { Presets, SingleBar } from "cli-progress";
import type { ListedFile } from "./folder-listing.ts";

/** Shows how far a run has come, on standard error: standard output is for what was found. */
export interface Progress {
  /** One more file is done. */
  advance(file: ListedFile): void;
  /** All are done. */
  end(): void;
}

/** A bar on a terminal; elsewhere, in a log for example, a line at each quarter. */
export function startProgress(title: string, files: readonly ListedFile[]): Progress {
  const isTerminal = process.stderr.isTTY && process.env["TERM"] !== "dumb";
  const total = files.reduce((sum, file) => sum + workOf(file), 0);
  return isTerminal ? startBar(title, total) : startLines(title, total);
}

/** About how much work a file is, in bytes: an empty one has to be opened, too. */
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
      // The main thread is busy from the first file to the last: it could not act on Ctrl-C before
      // the end. So Ctrl-C is left alone, and the bar changes no setting of the terminal.
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
