/** Calls a function that may be asked for again while it runs: then it is called once more after that. */
export class NotNested {
  #state: "idle" | "running" | "asked again" = "idle";

  run(call: () => void): void {
    if (this.#state !== "idle") {
      this.#state = "asked again";
      return;
    }
    do {
      this.#state = "running";
      call();
    } while ((this.#state as string) === "asked again");
    this.#state = "idle";
  }
}
