import { answering } from "./answering.ts";
import type { Contestant } from "./contestant.ts";

export const workerpool: Contestant = {
  name: "workerpool",
  async start(workers) {
    const { pool: createPool } = await import("workerpool");
    const script = new URL("./workerpool-worker.ts", import.meta.url).href;
    const pool = createPool(script, {
      workerType: "web",
      minWorkers: workers,
      maxWorkers: workers,
    });
    return answering(
      {
        // The library has its own class of promises, for which mitata would not wait.
        run: async (task, value) => pool.exec(task, [value]),
        async stop() {
          await pool.terminate();
        },
      },
      workers,
    );
  },
};
