import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { Buffer, setImmediate } from "../runtime/index.ts";
import type { InputForm } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** What a journal belongs to. A run with another value of one of these gives other results. */
export interface JournalSubject {
  readonly module: string;
  readonly function: string;
  readonly form: InputForm;
  readonly argument: unknown;
}

/** The first member of the first line: what the file is, and the version of its format. */
const FORMAT = "ringpool run 1";
const ENTRY = /^\{"index":(\d{1,15}),"input":/;
const NEWLINE = 10;
const READ_BYTES = 1 << 20;
/** Entries are written when they are so long, in characters, and otherwise when the event loop turns. */
const WRITE_LENGTH = 1 << 16;

/**
 * The file of `--resume`: a line of JSON for what the run is, and one for each input that is done, with its result, in the
 * order in which they were done.
 *
 * An entry is appended by one write, so a process that is killed leaves complete lines, and at most one that is cut off
 * at the end, which the next run removes. A run that goes on takes the results from here, so its output is that of a run
 * that was never stopped. In memory stand the places of the entries that were there at the start: 16 bytes for each.
 */
export class Journal {
  readonly #file: string;
  readonly #fd: number;
  /** Where the entry of an input begins, by its index, and how long it is. */
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  #count = 0;
  #unwritten = "";

  private constructor(file: string) {
    this.#file = file;
    try {
      this.#fd = openSync(file, "a+");
    } catch (error) {
      throw this.#refusal(`cannot be opened: ${(error as Error).message}`);
    }
  }

  /** Opens a journal, or begins one. Throws a UsageError when the file is another one, or that of another run. */
  static open(file: string, subject: JournalSubject): Journal {
    const journal = new Journal(file);
    const header = JSON.stringify({ journal: FORMAT, ...subject });
    const end = journal.#readLines(header);
    // What comes after the last whole line was cut off when a process was killed.
    ftruncateSync(journal.#fd, end);
    if (end === 0) writeSync(journal.#fd, `${header}\n`);
    return journal;
  }

  /** How many inputs were done when the journal was opened. */
  get count(): number {
    return this.#count;
  }

  /**
   * The result of an input that is done, as JSON; undefined for one that is not.
   *
   * @throws UsageError when another input stands in its place
   */
  resultOf(index: number, input: string): string | undefined {
    const start = this.#starts[index];
    if (start === undefined) return undefined;
    const entry = this.#read(start, this.#lengths[index] as number);
    const beginning = beginningOf(index, input);
    if (entry.startsWith(beginning)) return entry.slice(beginning.length, -1);
    const { input: other } = JSON.parse(entry) as { readonly input: string };
    throw this.#refusal(
      `is of a run with other inputs; give the same ones in the same order, or another file. At index ${index} it has ${JSON.stringify(other)}, and the input is ${JSON.stringify(input)}`,
    );
  }

  /** Notes that an input is done. It is written when the event loop turns, or by `flush`. */
  add(index: number, input: string, result: string): void {
    if (this.#unwritten === "") setImmediate(() => this.flush());
    this.#unwritten += `${beginningOf(index, input)}${result}}\n`;
    if (this.#unwritten.length > WRITE_LENGTH) this.flush();
  }

  /** Writes what was added. */
  flush(): void {
    if (this.#unwritten === "") return;
    const bytes = Buffer.from(this.#unwritten);
    this.#unwritten = "";
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
  }

  close(): void {
    this.flush();
    closeSync(this.#fd);
  }

  /** Reads the whole lines, and returns where they end. Entries that are written twice are the same, so the last counts. */
  #readLines(header: string): number {
    const buffer = Buffer.alloc(READ_BYTES);
    let text = Buffer.alloc(0);
    let start = 0;
    let line = 0;
    for (let at = 0; ;) {
      const length = readSync(this.#fd, buffer, 0, READ_BYTES, at);
      if (length === 0) break;
      at += length;
      text = Buffer.concat([text, buffer.subarray(0, length)]);
      let from = 0;
      for (let to = text.indexOf(NEWLINE); to >= 0; to = text.indexOf(NEWLINE, from)) {
        if (line === 0) this.#checkHeader(text.toString("utf8", 0, to), header);
        else
          this.#noteEntry(
            text.toString("latin1", from, Math.min(to, from + 40)),
            line,
            start + from,
            to - from,
          );
        line += 1;
        from = to + 1;
      }
      text = text.subarray(from);
      start += from;
    }
    const rest = text.toString("utf8");
    if (line === 0 && !header.startsWith(rest)) this.#checkHeader(rest, header);
    return start;
  }

  #checkHeader(line: string, header: string): void {
    if (line === header) return;
    if (!line.startsWith(`{"journal":${JSON.stringify(FORMAT)},`))
      throw this.#refusal("is no journal of ringpool run; name a new file");
    const found = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const wanted = JSON.parse(header) as Readonly<Record<string, unknown>>;
    const name = Object.keys(wanted).find(
      (key) => JSON.stringify(found[key]) !== JSON.stringify(wanted[key]),
    ) as string;
    throw this.#refusal(
      `is of another run; name another file, or use the same ${name}: it was ${JSON.stringify(found[name]) ?? "not there"}, and is ${JSON.stringify(wanted[name]) ?? "not there"}`,
    );
  }

  #noteEntry(beginning: string, line: number, start: number, length: number): void {
    const index = ENTRY.exec(beginning)?.[1];
    if (index === undefined)
      throw this.#refusal(`is damaged in line ${line + 1}; take that line out, or name a new file`);
    if (this.#starts[Number(index)] === undefined) this.#count += 1;
    this.#starts[Number(index)] = start;
    this.#lengths[Number(index)] = length;
  }

  #read(start: number, length: number): string {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length;) {
      const read = readSync(this.#fd, bytes, at, length - at, start + at);
      if (read === 0) throw this.#refusal("has become shorter while it was used");
      at += read;
    }
    return bytes.toString("utf8");
  }

  #refusal(problem: string): UsageError {
    return new UsageError(`The journal ${problem}: --resume=${this.#file}`);
  }
}

function beginningOf(index: number, input: string): string {
  return `{"index":${index},"input":${JSON.stringify(input)},"value":`;
}
