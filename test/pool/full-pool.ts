import { ThreadPool } from "../../src/index.ts";
import type { RejectionPolicy } from "../../src/index.ts";
import { arrivals, newGate } from "./fixtures/gate.ts";
import type { Gate } from "./fixtures/gate.ts";
import { echo, hold } from "./fixtures/tasks.ts";

export interface FullPool extends AsyncDisposable {
  readonly pool: ThreadPool;
  readonly gate: Gate;
  readonly held: Promise<string>;
  /** The one request that has room in the queue. */
  readonly queued: Promise<string>;
}

/** A pool whose worker is busy and whose queue is full. */
export async function fullPool(rejectionPolicy: RejectionPolicy): Promise<FullPool> {
  const pool = new ThreadPool(1, { qSize: 1, rejectionPolicy });
  const gate = newGate();
  const held = pool.run(hold<string>, [gate, "held"]);
  await arrivals(gate, 1);
  const queued = pool.run(echo<string>, ["queued"]);
  queued.catch(() => {});
  return { pool, gate, held, queued, [Symbol.asyncDispose]: () => pool.close() };
}
