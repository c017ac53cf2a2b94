/** A server that the calls of a command wait for: a test sees which calls have begun, and says when they end. */
export class Gate implements Disposable {
  /** The inputs whose calls have begun, in that order. */
  readonly arrived: string[] = [];
  readonly #server: Bun.Server<undefined>;
  readonly #waiting: (() => void)[] = [];
  readonly #passing: ReadonlySet<string>;
  #isOpen = false;
  #onArrival: () => void = () => {};

  /** @param passing the inputs whose calls are not held up */
  constructor(...passing: readonly string[]) {
    this.#passing = new Set(passing);
    this.#server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      idleTimeout: 0,
      fetch: async (request) => {
        const input = decodeURIComponent(new URL(request.url).pathname.slice(1));
        this.arrived.push(input);
        this.#onArrival();
        if (!this.#isOpen && !this.#passing.has(input))
          await new Promise<void>((resolve) => this.#waiting.push(resolve));
        return new Response(input);
      },
    });
  }

  /** The environment that the calls find the server in. */
  get env(): Record<string, string> {
    return { GATE: `http://127.0.0.1:${this.#server.port}` };
  }

  /** Resolves when so many calls have begun. */
  async hasArrived(count: number): Promise<void> {
    while (this.arrived.length < count)
      await new Promise<void>((resolve) => (this.#onArrival = resolve));
  }

  /** Lets all calls through, those that come later too. */
  open(): void {
    this.#isOpen = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  [Symbol.dispose](): void {
    this.open();
    void this.#server.stop(true);
  }
}
