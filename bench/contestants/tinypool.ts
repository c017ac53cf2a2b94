import { answering } from "./answering.ts";
import type { Contestant } from "./contestant.ts";

export const tinypool: Contestant = {
  name: "tinypool",
  async start(workers) {
    const { Tinypool } = await import("tinypool");
    const pool = new Tinypool({
      filename: new URL("./tinypool-worker.ts", import.meta.url),
      minThreads: workers,
      maxThreads: workers,
      idleTimeout: Infinity,
    });
    return answering(
      { run: (task, value) => pool.run(value, { name: task }), stop: () => pool.destroy() },
      workers,
    );
  },
};
