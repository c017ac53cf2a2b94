/**
 * The entry of a worker. Importing this file makes a worker of the thread; nothing else should.
 *
 * All it does is load the rest. When that fails it says so on the queue, for a parent that blocks does not hear of a
 * thread's end otherwise.
 */
import { QueueViews, ResultWriter, announceEnd, announceStart } from "../../native-queue/index.ts";
import { Encoder } from "../codec/index.ts";
import { NOT_LOADED, NO_TASK } from "../protocol/index.ts";
import type { WorkerInit } from "../protocol/index.ts";

/** Longest timer there is: a handle that keeps the event loop of an idle worker alive, 24 days at a time. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

setInterval(() => {}, KEEP_ALIVE_MS);
const loading = import("./start.ts");
// It is told when the first message has said whom to tell.
loading.catch(() => {});
globalThis.addEventListener("message", (event) => {
  const { data } = event as MessageEvent<unknown>;
  void loading.then(
    ({ receive }) => receive(data),
    (error: unknown) => endUnloaded(data as WorkerInit, error),
  );
});

function endUnloaded({ memory, ring, slot }: WorkerInit, error: unknown): never {
  const views = new QueueViews(memory);
  announceStart(views, slot);
  const encoder = new Encoder();
  const length = encoder.prepare(String(error), "result");
  const writer = new ResultWriter(ring);
  encoder.copyTo(writer.bytes, writer.tryReserve(length));
  writer.publish(NO_TASK, 0, NOT_LOADED, length);
  announceEnd(views, slot, 1);
  process.exit(1);
}
