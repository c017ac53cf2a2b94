/**
 * A real job, done twice: it computes the SHA-256, the gzip size and the line and word counts of each
 * file below a folder, first in a plain loop and then through a pool.
 *
 *     bun run demo             the installed dependencies
 *     bun run demo <folder>    any folder; nothing in it is changed
 *
 * Read `throughPool` first, and compare it with `inPlainLoop`.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ThreadPool, WorkRequest } from "../src/index.ts";
import type { WorkerFigures } from "../src/index.ts";
import { fileReport } from "./demo/file-report.ts";
import { listFolder, messageOf, warmFileCache } from "./demo/folder-listing.ts";
import type { ListedFile } from "./demo/folder-listing.ts";
import { compareOutcomes } from "./demo/outcomes.ts";
import type { Outcome } from "./demo/outcomes.ts";
import { startProgress } from "./demo/progress.ts";
import { findings, plural, printable, table, unreadable } from "./demo/summary.ts";
import type { Run } from "./demo/summary.ts";

const INSTALLED = fileURLToPath(new URL("../node_modules", import.meta.url));

const USAGE = "Usage: bun run demo [folder]";

type Recorder = (file: ListedFile, outcome: Outcome) => void;

function inPlainLoop(files: readonly ListedFile[], record: Recorder): void {
  for (const file of files) {
    try {
      record(file, { report: fileReport(file.path) });
    } catch (error) {
      record(file, { failure: messageOf(error) });
    }
  }
}

/** Does the job through a pool. Returns the figures of its workers. */
function throughPool(files: readonly ListedFile[], record: Recorder): readonly WorkerFigures[] {
  using pool = new ThreadPool(); // with as many workers as there are cores
  for (const file of files) {
    const request = new WorkRequest(
      fileReport,
      [file.path],
      {},
      {
        callback: (_, report) => record(file, { report }),
        excCallback: (_, [, error]) => record(file, { failure: messageOf(error) }),
      },
    );
    pool.putRequest(request);
  }
  pool.wait(); // blocks, and calls the callbacks on this thread as results come in
  return pool.stats().workers;
}

/** Runs one of the two ways, measures its time and shows its progress. */
function timed(title: string, files: readonly ListedFile[], work: (record: Recorder) => void): Run {
  const outcomes = new Map<ListedFile, Outcome>();
  const progress = startProgress(title, files);
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  work((file, outcome) => {
    outcomes.set(file, outcome);
    progress.advance(file);
  });
  const elapsedMs = performance.now() - startedMs;
  const cpu = process.cpuUsage(cpuBefore);
  progress.end();
  return { outcomes, elapsedMs, cpuMs: (cpu.user + cpu.system) / 1000 };
}

/** Does the job both ways and prints the comparison. Returns the exit code. */
function compareWays(folder: string): number {
  const { files, failures } = listFolder(folder);
  if (files.length === 0) {
    console.log(`No files below ${printable(folder)}`);
    printUnlessEmpty(unreadable(new Map(), failures));
    return 0;
  }
  console.log(`${plural(files.length, "file")} below ${printable(folder)}`);
  warmFileCache(files);
  console.log("Each was read once before, so that both ways find it in memory. Largest first.");

  let workers: readonly WorkerFigures[] = [];
  const plain = timed("plain loop", files, (record) => inPlainLoop(files, record));
  const pooled = timed("pool      ", files, (record) => {
    workers = throughPool(files, record);
  });

  const comparison = compareOutcomes(files, plain.outcomes, pooled.outcomes);
  console.log(`\n${table(plain, pooled, workers)}\n`);
  console.log(findings(plain.outcomes, comparison));
  printUnlessEmpty(unreadable(plain.outcomes, failures));
  return comparison.different.length === 0 ? 0 : 1;
}

function printUnlessEmpty(text: string): void {
  if (text !== "") console.log(text);
}

/** The reason why the folder cannot be used, or undefined when it can. */
function objectionTo(folder: string): string | undefined {
  try {
    readdirSync(folder);
    return undefined;
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case "ENOENT":
        return `No such folder: ${printable(folder)}`;
      case "ENOTDIR":
        return `Not a folder: ${printable(folder)}`;
      default:
        return printable(messageOf(error));
    }
  }
}

function main(args: readonly string[]): number {
  const [folder = INSTALLED] = args;
  if (args.length > 1 || folder.startsWith("-")) {
    console.error(USAGE);
    return 2;
  }
  const objection = objectionTo(folder);
  if (objection !== undefined) {
    console.error(objection);
    return 2;
  }
  return compareWays(folder);
}

process.exitCode = main(process.argv.slice(2));
