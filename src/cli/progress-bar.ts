// oxlint-disable-next-line no-restricted-imports -- scripts/build puts it into the command, with its licence
import { Presets, SingleBar } from "cli-progress";
import { process } from "../runtime/index.ts";
import type { Progress } from "./progress.ts";

const CLEAR_LINE = "\r\u001B[K";
const SAVE_CURSOR = "\u001B7";

/** Draws a bar on standard error; a count and a rate while nobody knows how many inputs there are. */
export function startBar(total: number | undefined): Progress {
  const columns = process.stderr.columns || 80;
  const bar = new SingleBar(
    {
      format:
        total === undefined
          ? "{value} done, {failed} failed  {duration_formatted}"
          : "{bar} {percentage} %  {value} of {total}, {failed} failed  {duration_formatted}, eta {eta_formatted}",
      stream: process.stderr,
      barsize: Math.min(30, Math.max(5, columns - 65)),
      // The command has a handler of Ctrl-C itself.
      gracefulExit: false,
      // Results may be written to the same terminal, so each drawing has to be a whole one.
      forceRedraw: true,
    },
    Presets.shades_classic,
  );
  bar.start(total ?? 0, 0, { failed: 0 });
  return {
    update: (done, failed) => bar.update(done, { failed }),
    clear: () => void process.stderr.write(CLEAR_LINE),
    end: () => {
      // The bar goes back to the place that the cursor had at its start, which results have moved away from.
      process.stderr.write(SAVE_CURSOR);
      bar.stop();
    },
  };
}
