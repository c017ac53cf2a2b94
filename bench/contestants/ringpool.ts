import { ThreadPool } from "ringpool";
import { answering } from "./answering.ts";
import type { Contestant } from "./contestant.ts";
import { RINGPOOL } from "./names.ts";
import * as tasks from "./tasks.ts";

const callables = { ...tasks };

export const ringpool: Contestant = {
  name: RINGPOOL,
  start(workers) {
    const pool = new ThreadPool(workers);
    return answering(
      {
        run: (task, value) => pool.run(callables[task] as (value: unknown) => unknown, [value]),
        stop: () => pool.terminate(),
      },
      workers,
    );
  },
};
