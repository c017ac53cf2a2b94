import { answering } from "./answering.ts";
import type { Contestant } from "./contestant.ts";

export const piscina: Contestant = {
  name: "piscina",
  async start(workers) {
    const { Piscina } = await import("piscina");
    const pool = new Piscina({
      filename: new URL("./piscina-worker.ts", import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      idleTimeout: Infinity,
      recordTiming: false,
    });
    return answering(
      { run: (task, value) => pool.run(value, { name: task }), stop: () => pool.destroy() },
      workers,
    );
  },
};
