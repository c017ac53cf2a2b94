import { process } from "../runtime/index.ts";
import type { ResolvedOptions } from "./options.ts";
import { Threads } from "./queue/threads.ts";

/** The threads of a pool. Those of its first workers are started here, so that they load while the pool is made. */
export function threadsAhead(options: ResolvedOptions): Threads {
  const { name, env, inline, workers } = options;
  const threads = new Threads({
    name,
    env,
    argv: options.argv ?? process.argv.slice(2),
    smol: options.smol ?? process.execArgv.includes("--smol"),
  });
  if (inline === "no") threads.startAhead(workers);
  return threads;
}
