import { answering } from "./answering.ts";
import type { Contestant } from "./contestant.ts";
import { PostMessagePool } from "./post-message-pool.ts";

export const postMessage: Contestant = {
  name: "postMessage by hand",
  start(workers) {
    const pool = new PostMessagePool(workers);
    return answering(
      { run: (task, value) => pool.run(task, [value]), stop: () => pool.terminate() },
      workers,
    );
  },
};
