import { fileURLToPath } from "node:url";
import { answering } from "./answering.ts";
import type { Contestant } from "./contestant.ts";

export const poolifier: Contestant = {
  name: "poolifier",
  async start(workers) {
    const { FixedThreadPool } = await import("poolifier");
    const script = fileURLToPath(new URL("./poolifier-worker.ts", import.meta.url));
    const pool = new FixedThreadPool(workers, script, { enableEvents: false });
    return answering(
      { run: (task, value) => pool.execute(value, task), stop: () => pool.destroy() },
      workers,
    );
  },
};
