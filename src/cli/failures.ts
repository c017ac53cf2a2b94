import { relative } from "node:path";
import { RequestTimeout, WorkerDied } from "../index.ts";
import { Error, isOwnFrame, placeIn, process } from "../runtime/index.ts";

/** How many failures are kept for the list at the end. */
const KEPT = 100;
/** The longest text of an input in the list, in characters. */
const INPUT_LENGTH = 100;

/** Why a call failed, as text. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  /** The place in the user's code, as a relative path; undefined when it is not known. */
  readonly place: string | undefined;
  /** The user's part of the stack, one frame a line; empty when there is none. */
  readonly frames: string;
}

/** What a call has thrown, as text. Anything can be thrown. */
export function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) {
    return { name: "thrown", message: String(thrown), place: undefined, frames: "" };
  }
  if (thrown instanceof RequestTimeout) {
    const message = "The call took longer than --timeout allows";
    return { name: thrown.name, message, place: undefined, frames: "" };
  }
  const { name, message, stack } = thrown;
  const place = placeIn(stack);
  const [own = ""] = typeof stack === "string" ? stack.split("    --- put here", 1) : [];
  const frames = own.split("\n").filter((line) => /^\s*at /.test(line) && !isOwnFrame(line));
  return {
    name: name,
    message: thrown instanceof WorkerDied ? message.replace(/:? requestID=.*/, "") : message,
    place: place === "(unknown)" ? undefined : relative(process.cwd(), place),
    frames: frames.join("\n"),
  };
}

/** The failures of a run: all are counted, and those of the first inputs are kept for the list at the end. */
export class FailureList {
  count = 0;
  readonly #kept: { readonly index: number; readonly text: string }[] = [];
  readonly #isVerbose: boolean;

  /** @param isVerbose whether the list has the stacks */
  constructor(isVerbose: boolean) {
    this.#isVerbose = isVerbose;
  }

  /** @param label what the input is called in the list */
  add(index: number, label: string, { name, message, place, frames }: Failure): void {
    this.count += 1;
    if (this.#kept.length === KEPT && index > (this.#kept.at(-1)?.index ?? 0)) return;
    const [first = ""] = this.#isVerbose ? [message] : message.split("\n", 1);
    const at = place === undefined ? "" : ` (${place})`;
    const stack = this.#isVerbose && frames !== "" ? `\n${frames}` : "";
    const text = `  ${label}: ${name}: ${first}${at}${stack}\n`;
    // Calls end in any order, mostly nearly in that of their inputs.
    const before = this.#kept.findLastIndex((other) => other.index < index);
    this.#kept.splice(before + 1, 0, { index, text });
    if (this.#kept.length > KEPT) this.#kept.pop();
  }

  /** The list for the end, in the order of the inputs, after a line that says how many; empty when nothing has failed. */
  report(done: number): string {
    if (this.count === 0) return "";
    const more = this.count - this.#kept.length;
    const rest = more === 0 ? "" : `  and ${more} more: --tag writes every error to the output\n`;
    const kept = this.#kept.map(({ text }) => text);
    return `${this.count} of ${done} failed:\n${kept.join("")}${rest}`;
  }
}

/** An input in a message: `line 3: text`, or a file's path; of a long text the beginning. */
export function labelOf(noun: string, index: number, input: string): string {
  const text = input.length > INPUT_LENGTH ? `${input.slice(0, INPUT_LENGTH)}...` : input;
  return noun === "line" ? `line ${index + 1}: ${text}` : text;
}
