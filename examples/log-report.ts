/**
 * Analyses a log of JSON lines, of any size, on all cores: requests, errors, and times by route.
 *
 *     bun examples/log-report.ts access.jsonl               a line: {"route":"/a","status":200,"ms":12.5}
 *     bun examples/log-report.ts --make 1000000 access.jsonl      writes such a file with that many lines
 *
 * The file is cut into ranges of bytes, without being read. Each worker reads its ranges itself, so a range is two numbers on
 * its way there and a small table on its way back, and the memory is that of one range for each worker, however large the file is.
 * A line belongs to the range in which it begins. `imapUnordered` gives each table as soon as it is there, for the bar.
 */
import { open, stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Presets, SingleBar } from "cli-progress";
import { ThreadPool } from "ringpool";

const USAGE = `Usage: bun examples/log-report.ts [--range BYTES] FILE
       bun examples/log-report.ts --make LINES FILE`;

/** A range of bytes of the file. */
interface Range {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** What is known of a route. */
interface RouteFigures {
  requests: number;
  errors: number;
  /** How many requests took how long: bucket `b` is up to `1.05 ** b` ms. */
  times: Map<number, number>;
}

/** What is known of a part of the log. */
interface Report {
  lines: number;
  /** Lines that are no JSON, or lack a key. */
  strange: number;
  routes: Map<string, RouteFigures>;
}

const NEWLINE = 10;
/** How much is read at a time to find the end of the last line of a range. */
const TAIL_BYTES = 64 * 1024;

/** Runs in a worker: analyses the lines that begin in a range. */
export async function analyse({ path, start, end }: Range): Promise<Report> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    // With the byte before it: a line begins at `start` when that is a newline.
    let bytes = await read(start === 0 ? 0 : start - 1, end);
    if (start > 0) bytes = bytes.subarray(after(bytes.indexOf(NEWLINE), bytes.length));
    if (bytes.length === 0) return { lines: 0, strange: 0, routes: new Map() };
    for (let from = end; bytes.at(-1) !== NEWLINE && from < size; from += TAIL_BYTES) {
      const more = await read(from, Math.min(size, from + TAIL_BYTES));
      bytes = Buffer.concat([bytes, more.subarray(0, after(more.indexOf(NEWLINE), more.length))]);
    }
    return reportOf(bytes.toString());
  } finally {
    await file.close();
  }

  async function read(from: number, to: number): Promise<Buffer> {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
    return buffer.subarray(0, bytesRead);
  }
}

/** The place behind a newline; `length` where there is none. */
function after(newline: number, length: number): number {
  return newline < 0 ? length : newline + 1;
}

function reportOf(text: string): Report {
  const report: Report = { lines: 0, strange: 0, routes: new Map() };
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    report.lines++;
    if (!tryAdd(line, report.routes)) report.strange++;
  }
  return report;
}

function tryAdd(line: string, routes: Report["routes"]): boolean {
  let entry: { route?: unknown; status?: unknown; ms?: unknown } | null;
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch {
    return false;
  }
  const { route, status, ms } = entry ?? {};
  if (typeof route !== "string" || typeof status !== "number" || typeof ms !== "number")
    return false;
  const figures = routes.get(route) ?? { requests: 0, errors: 0, times: new Map<number, number>() };
  routes.set(route, figures);
  figures.requests++;
  if (status >= 500) figures.errors++;
  const bucket = Math.ceil(Math.log(Math.max(ms, 1)) / Math.log(1.05));
  figures.times.set(bucket, (figures.times.get(bucket) ?? 0) + 1);
  return true;
}

/** Adds one report to another. */
function add(sum: Report, part: Report): void {
  sum.lines += part.lines;
  sum.strange += part.strange;
  for (const [route, figures] of part.routes) {
    const known = sum.routes.get(route);
    if (known === undefined) {
      sum.routes.set(route, figures);
      continue;
    }
    known.requests += figures.requests;
    known.errors += figures.errors;
    for (const [bucket, count] of figures.times)
      known.times.set(bucket, (known.times.get(bucket) ?? 0) + count);
  }
}

/** The time within which that share of the requests was answered, at most 5 % too long. */
function percentile({ requests, times }: RouteFigures, share: number): number {
  let seen = 0;
  for (const [bucket, count] of [...times].sort(([one], [other]) => one - other)) {
    seen += count;
    if (seen >= requests * share) return 1.05 ** bucket;
  }
  return 0;
}

function print({ lines, strange, routes }: Report): void {
  console.log(`lines: ${lines}, not understood: ${strange}`);
  console.log("requests  errors    p50 ms    p99 ms  route");
  const byRequests = [...routes].sort(
    ([name, one], [other, two]) => two.requests - one.requests || name.localeCompare(other),
  );
  for (const [route, figures] of byRequests) {
    const cells = [
      String(figures.requests).padStart(8),
      String(figures.errors).padStart(7),
      percentile(figures, 0.5).toFixed(1).padStart(9),
      percentile(figures, 0.99).toFixed(1).padStart(9),
    ];
    console.log(`${cells.join(" ")}  ${route}`);
  }
}

function* rangesOf(path: string, size: number, rangeBytes: number): Generator<Range> {
  for (let start = 0; start < size; start += rangeBytes)
    yield { path, start, end: Math.min(size, start + rangeBytes) };
}

async function reportOn(path: string, rangeBytes: number): Promise<void> {
  const { size } = await stat(path);
  // It draws on standard error, and only on a terminal. The report goes to standard output.
  const bar = new SingleBar(
    { format: "{bar} {percentage} % | {value} of {total} MB | {eta} s left", noTTYOutput: false },
    Presets.shades_classic,
  );
  const inMB = (bytes: number): number => Math.round(bytes / 1e6);
  const sum: Report = { lines: 0, strange: 0, routes: new Map() };
  await using pool = new ThreadPool();
  bar.start(inMB(size), 0);
  let done = 0;
  for await (const part of pool.imapUnordered(analyse, rangesOf(path, size, rangeBytes))) {
    add(sum, part);
    done += rangeBytes;
    bar.update(inMB(Math.min(done, size)));
  }
  bar.stop();
  print(sum);
}

/** Writes a log of a shop, the same one each time. */
async function make(path: string, lines: number): Promise<void> {
  const routes = ["/", "/products", "/products/:id", "/basket", "/checkout", "/search"];
  const file = Bun.file(path).writer();
  let seed = 1;
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  for (let line = 0; line < lines; line++) {
    const route = routes[Math.floor(random() ** 2 * routes.length)];
    const status = random() < 0.01 ? 503 : 200;
    const ms = Number((2 + 40 * random() ** 4).toFixed(1));
    void file.write(`${JSON.stringify({ route, status, ms })}\n`);
    if (line % 10_000 === 0) await file.flush();
  }
  await file.end();
}

/** The whole number over 0 that the text stands for, or NaN. */
function countFrom(text: string): number {
  return /^[1-9]\d*$/.test(text) ? Number(text) : NaN;
}

async function main(words: readonly string[]): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { make: { type: "string" }, range: { type: "string", default: "8000000" } },
    });
  } catch {
    parsed = undefined;
  }
  const { positionals = [], values } = parsed ?? {};
  const [path] = positionals;
  const rangeBytes = countFrom(values?.range ?? "");
  const lines = values?.make === undefined ? 1 : countFrom(values.make);
  if (path === undefined || positionals.length > 1 || Number.isNaN(rangeBytes + lines)) {
    console.error(USAGE);
    return 2;
  }
  try {
    await (values?.make === undefined ? reportOn(path, rangeBytes) : make(path, lines));
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

// Not in a worker, which loads this module for `analyse`.
if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
