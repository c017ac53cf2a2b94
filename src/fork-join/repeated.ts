/** Something that may be asked for again while it is done: then it is done once more, and not in the middle of itself. */
export class Repeated {
  readonly #act: () => void;
  #state: "idle" | "acting" | "asked again" = "idle";

  constructor(act: () => void) {
    this.#act = act;
  }

  run(): void {
    if (this.#state !== "idle") {
      this.#state = "asked again";
      return;
    }
    try {
      do this.#actOnce();
      while (this.#isAskedAgain);
    } finally {
      this.#state = "idle";
    }
  }

  #actOnce(): void {
    this.#state = "acting";
    this.#act();
  }

  get #isAskedAgain(): boolean {
    return this.#state === "asked again";
  }
}
