import { Bun, oneLine, performanceNow, printError, process } from "../../runtime/index.ts";

/** What is printed: nothing, the life of pools and workers, or each request too. */
type Level = "nothing" | "life cycle" | "requests";

/** Read once: what the program does to its environment later changes nothing. */
const LEVEL: Level = levelOf(process.env["RINGPOOL_DEBUG"]);

function levelOf(value: string | undefined): Level {
  if (value === undefined || value === "" || value === "0" || value === "false") return "nothing";
  if (value === "requests") return "requests";
  // Once, and not again in each worker that loads the package.
  if (value !== "1" && value !== "true" && Bun.isMainThread) {
    const known = "1 (pools and workers) or requests (each request too)";
    printError(`RINGPOOL_DEBUG is ${known}; 1 is taken: RINGPOOL_DEBUG=${oneLine(value)}`);
  }
  return "life cycle";
}

/** Prints lines about one pool on standard error, for `RINGPOOL_DEBUG`. */
export class DebugLog {
  readonly #name: string;
  /** Whether each request has its lines too. */
  readonly hasRequests: boolean = LEVEL === "requests";

  constructor(name: string) {
    this.#name = oneLine(name);
  }

  /** Prints one line, with the name of the pool and the milliseconds since the start of the process. */
  say(text: string): void {
    printError(`[ringpool +${performanceNow().toFixed(1)} ms] ${this.#name}: ${oneLine(text)}`);
  }
}

/** The log of a pool; undefined unless the environment asks for one. */
export function debugLogOf(name: string): DebugLog | undefined {
  return LEVEL === "nothing" ? undefined : new DebugLog(name);
}
