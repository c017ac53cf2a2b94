import { Map, process, Promise } from "../runtime/index.ts";
import { FailureList, failureOf, labelOf } from "./failures.ts";
import type { Failure } from "./failures.ts";
import type { HaltWay } from "./halt-rule.ts";
import type { Inputs } from "./inputs.ts";
import type { Journal } from "./journal.ts";
import { Output } from "./output.ts";
import type { Progress } from "./progress.ts";
import type { RunSettings } from "./settings.ts";
import { isPoolOver } from "./worker-pool.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** How many inputs may be begun and not written out: enough that one slow call does not stop the others soon. */
const LOOK_AHEAD = 1024;
/** Most characters of results that wait for their turn, or for the reader of the output. */
const MOST_WAITING = 1 << 26;
const MOST_UNWRITTEN = 1 << 20;

/** The outcome of one call. */
type Outcome =
  | { readonly result: string }
  | { readonly failure: Failure }
  /** The run was stopped before the call had ended. */
  | "stopped";

/** What a run works with. */
export interface RunParts {
  readonly inputs: Inputs;
  readonly pool: WorkerPool;
  readonly journal: Journal | undefined;
  readonly progress: Progress;
  /** Called when calls go on although the run is stopping, because its rule was to stop soon. */
  readonly onStopping: () => void;
}

/**
 * One run: reads inputs, has the function called for each, and writes the results.
 *
 * At any time a bounded number of inputs is begun and not written out, so the memory stays flat however long the input
 * is, and a slow reader of the output slows the run down.
 */
export class Run {
  readonly failures: FailureList;
  readonly output: Output;
  /** What ended the run besides the failures of calls; undefined when nothing has. */
  fatal: unknown = undefined;
  /** Inputs whose call has ended, the failed ones and those of the journal included. */
  done = 0;
  readonly #settings: RunSettings;
  readonly #parts: RunParts;
  readonly #waiting: string[] = [];
  /** The next of `#waiting`: to shift an array of many is slow. */
  #nextWaiting = 0;
  #isReading = false;
  #hasEnded = false;
  #begun = 0;
  #running = 0;
  /** Outcomes that wait until those before them are written, by index. */
  readonly #outcomes: Map<number, { input: string; outcome: Outcome }> = new Map();
  #nextWritten = 0;
  #charactersWaiting = 0;
  #succeeded = 0;
  #stop: HaltWay | undefined;
  #wake: (() => void) | undefined;
  /** Whether something has changed that the loop of `go` has not looked at. */
  #hasChanged = false;

  constructor(settings: RunSettings, parts: RunParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.failures = new FailureList(settings.isVerbose);
    this.output = new Output(
      () => this.#changed(),
      () => {
        // What is printed is in the journal, whatever ends the process.
        parts.journal?.flush();
        if (process.stdout.isTTY) parts.progress.clear();
      },
    );
  }

  /** The number of calls that have begun and not ended, at most. */
  get running(): number {
    return this.#running;
  }

  /** Whether the run was stopped before the end of its input. */
  get isStopped(): boolean {
    return this.#stop !== undefined;
  }

  /** Begins no more calls, and with `now` ends those that run. */
  stop(way: HaltWay): void {
    if (this.#stop === "now" || this.#stop === way) return;
    this.#stop = way;
    if (way === "now") this.#parts.pool.terminate();
    else this.#parts.pool.finishRunning();
    this.#changed();
  }

  /** Runs to the end of the input, or until it is stopped. Then everything is written. */
  async go(): Promise<void> {
    while (this.#stop === undefined) {
      this.#beginCalls();
      if (this.output.failure !== undefined) this.stop("now");
      const isEmpty = this.#nextWaiting === this.#waiting.length;
      if (isEmpty && this.#hasEnded) break;
      if (isEmpty && !this.#isReading) void this.#read();
      await this.#change();
    }
    while (this.#running > 0) await this.#change();
    for (const index of [...this.#outcomes.keys()].sort((a, b) => a - b)) this.#take(index);
    this.#parts.journal?.flush();
    await this.output.flush();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      const { done, value } = await this.#parts.inputs.batches.next();
      this.#waiting.length = 0;
      this.#nextWaiting = 0;
      if (done === true) this.#hasEnded = true;
      else for (const input of value) this.#waiting.push(input);
    } catch (error) {
      this.#fail(error);
    }
    this.#isReading = false;
    this.#changed();
  }

  #beginCalls(): void {
    while (this.#stop === undefined && this.#hasRoom()) {
      const input = this.#waiting[this.#nextWaiting];
      if (input === undefined) return;
      this.#nextWaiting += 1;
      this.#begin(this.#begun, input);
      this.#begun += 1;
    }
  }

  #hasRoom(): boolean {
    // A run that may stop early begins no call before it knows of the outcomes so far.
    if (this.#settings.halt !== undefined && this.#running >= this.#parts.pool.size) return false;
    return (
      this.#begun - this.#nextWritten < LOOK_AHEAD &&
      this.#charactersWaiting < MOST_WAITING &&
      this.output.pending < MOST_UNWRITTEN
    );
  }

  #begin(index: number, input: string): void {
    try {
      const known = this.#parts.journal?.resultOf(index, input);
      if (known !== undefined) {
        this.#end(index, input, { result: known });
        return;
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#running += 1;
    void this.#call(index, input);
  }

  async #call(index: number, input: string): Promise<void> {
    const { pool, journal } = this.#parts;
    for (let retries = this.#settings.retries; ; retries -= 1) {
      try {
        const result = await pool.call(input);
        this.#running -= 1;
        journal?.add(index, input, result);
        this.#end(index, input, { result });
        return;
      } catch (error) {
        const isOver = isPoolOver(error);
        if (retries > 0 && !isOver && this.#stop === undefined) continue;
        this.#running -= 1;
        if (isOver && this.#stop === undefined) this.#fail(error);
        this.#end(index, input, isOver ? "stopped" : { failure: failureOf(error) });
        return;
      }
    }
  }

  #fail(error: unknown): void {
    this.fatal ??= error;
    this.stop("now");
  }

  #end(index: number, input: string, outcome: Outcome): void {
    if (outcome !== "stopped") this.#count(index, input, outcome);
    this.#outcomes.set(index, { input, outcome });
    this.#charactersWaiting += lengthOf(outcome);
    if (!this.#settings.isOrdered) this.#take(index);
    else while (this.#outcomes.has(this.#nextWritten)) this.#take(this.#nextWritten);
    this.#changed();
  }

  #count(index: number, input: string, outcome: Exclude<Outcome, "stopped">): void {
    this.done += 1;
    if ("failure" in outcome)
      this.failures.add(index, labelOf(this.#parts.inputs.noun, index, input), outcome.failure);
    else this.#succeeded += 1;
    this.#parts.progress.update(this.done, this.failures.count);
    const { halt } = this.#settings;
    if (halt === undefined) return;
    const count = halt.counts === "fail" ? this.failures.count : this.#succeeded;
    if (count < halt.limit || this.#stop !== undefined) return;
    this.stop(halt.way);
    if (halt.way === "soon" && this.#running > 0) this.#parts.onStopping();
  }

  /** Writes an outcome, and forgets it. */
  #take(index: number): void {
    const { input, outcome } = this.#outcomes.get(index) as { input: string; outcome: Outcome };
    this.#outcomes.delete(index);
    this.#nextWritten += 1;
    this.#charactersWaiting -= lengthOf(outcome);
    if (outcome === "stopped") return;
    const { isTagged, form } = this.#settings;
    if (isTagged) this.output.write(taggedLine(index, inputJson(input, form), outcome));
    else if ("result" in outcome) this.output.write(outcome.result);
  }

  /** Resolves at the next change of the input, a call or the output, or when the run is stopped; at once after an unseen one. */
  async #change(): Promise<void> {
    if (!this.#hasChanged) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#hasChanged = false;
  }

  #changed(): void {
    this.#hasChanged = true;
    this.#wake?.();
  }
}

function lengthOf(outcome: Outcome): number {
  return outcome !== "stopped" && "result" in outcome ? outcome.result.length : 0;
}

/** An input as JSON: the value of a line of JSON, or else a string. */
function inputJson(input: string, form: RunSettings["form"]): string {
  if (form === "text") return JSON.stringify(input);
  try {
    // Not the line itself: JSON may have white space, line breaks included.
    return JSON.stringify(JSON.parse(input));
  } catch {
    return JSON.stringify(input);
  }
}

function taggedLine(index: number, input: string, outcome: Exclude<Outcome, "stopped">): string {
  const beginning = `{"index":${index},"input":${input}`;
  if ("result" in outcome) return `${beginning},"value":${outcome.result}}`;
  const { name, message, place } = outcome.failure;
  return `${beginning},"error":${JSON.stringify({ name, message, place })}}`;
}
