import { describeThrown, Error, printError } from "../runtime/index.ts";

/** Tells the program what holds its requests up, once each time. */
export class Warnings {
  readonly #listener: ((warning: Error) => void) | undefined;
  #hasSaidUnserved = false;

  constructor(listener: ((warning: Error) => void) | undefined) {
    this.#listener = listener;
  }

  /** An error of the connection, or of one job. It is over some time, so it is not printed. */
  connection(error: unknown): void {
    this.#listener?.(error instanceof Error ? error : new Error(describeThrown(error)));
  }

  /** What the program should hear of in any case. */
  tell(error: unknown): void {
    if (this.#listener === undefined) printError(error);
    else this.connection(error);
  }

  /** No machine is there at all. */
  noMachine(name: string): void {
    if (this.#hasSaidUnserved) return;
    this.#hasSaidUnserved = true;
    const text = `ringpool: requests wait, and no machine of this cluster is there; start serveMachine with the same name and connection: name=${name}`;
    if (this.#listener === undefined) printError(text);
    else this.#listener(new Error(text));
  }

  /** A machine serves the requests. */
  served(): void {
    this.#hasSaidUnserved = false;
  }
}
