export interface Settlers {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Every reply begins with the id of the message that it answers. */
type Reply = readonly [id: number, ...unknown[]];

/** A worker of a pool that is written by hand, and what was sent to it and has no reply yet. */
export class HandMadeWorker<Sent, Answer extends Reply> {
  readonly #worker: Worker;
  readonly #unanswered = new Map<number, Sent>();
  #lastId = 0;
  #whenAnswered: (() => void) | undefined;
  #hasEnded = false;

  /**
   * @param task the function that the worker runs
   * @param onReply gets what was sent, and the reply to it
   * @param onEnd gets what was sent to a worker that has ended without a reply
   */
  constructor(
    script: string,
    task: string,
    onReply: (sent: Sent, reply: Answer) => void,
    onEnd: (sent: Sent, error: Error) => void,
  ) {
    const worker = new Worker(new URL(script, import.meta.url).href, { argv: [task] });
    const unanswered = this.#unanswered;
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      const sent = unanswered.get(data[0]) as Sent;
      unanswered.delete(data[0]);
      onReply(sent, data);
      if (unanswered.size === 0) this.#whenAnswered?.();
    });
    worker.addEventListener("close", () => {
      this.#hasEnded = true;
      const lost = [...unanswered.values()];
      unanswered.clear();
      for (const sent of lost) onEnd(sent, new Error("The worker has ended."));
      this.#whenAnswered?.();
    });
    this.#worker = worker;
  }

  /** Posts `[id, content]`. Throws when the worker has ended or the content cannot cross. Then nothing was sent. */
  post(content: unknown, sent: Sent): void {
    if (this.#hasEnded) throw new Error("The worker has ended.");
    const id = ++this.#lastId;
    this.#worker.postMessage([id, content]);
    this.#unanswered.set(id, sent);
  }

  /** Ends the worker when it has answered everything. */
  async close(): Promise<void> {
    if (this.#unanswered.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenAnswered = resolve;
      });
    }
    this.terminate();
  }

  terminate(): void {
    this.#worker.terminate();
  }
}
