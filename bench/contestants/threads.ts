import { answering } from "./answering.ts";
import type { Contestant, TaskName } from "./contestant.ts";

type Thread = Record<TaskName, (value: unknown) => Promise<unknown>>;

export const threads: Contestant = {
  name: "threads",
  async start(workers) {
    // @ts-expect-error -- the package has types, but its "exports" do not lead to them
    const { Pool, spawn, Worker } = await import("threads");
    const pool = Pool(() => spawn(new Worker("./threads-worker.ts")), workers);
    return answering(
      {
        run: (task, value) => pool.queue((thread: Thread) => thread[task](value)),
        stop: () => pool.terminate(true),
      },
      workers,
    );
  },
};
