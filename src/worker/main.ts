/**
 * The script of a worker. To import this file makes a worker of the thread, so nothing else imports it.
 *
 * It only loads the rest. When that fails it says so on the queue, because a parent that blocks does not hear of the
 * end of a thread in any other way.
 */
import { QueueViews, ResultWriter, announceEnd, announceStart } from "../../native-queue/index.ts";
import { Encoder } from "../codec/index.ts";
import { NOT_LOADED, NO_TASK } from "../protocol/index.ts";
import type { WorkerInit } from "../protocol/index.ts";
import {
  exitProcess,
  setInterval,
  clearInterval,
  addEventListener,
  removeEventListener,
} from "../runtime/index.ts";

/** The longest delay of a timer, 24 days. The timer keeps the event loop of an idle worker alive. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
const loading = import("./start.ts");
// The failure is told once the first message has come: it brings the queue to tell it on.
loading.catch(() => {});
addEventListener("message", onMessage);

function onMessage(event: Event): void {
  void take((event as MessageEvent<unknown>).data);
}

/** The thread ends when nothing else keeps its event loop alive. */
function letGo(): void {
  clearInterval(keepAlive);
  removeEventListener("message", onMessage);
}

/** Awaits, because a program may have replaced `then`. */
async function take(message: unknown): Promise<void> {
  let receive: Awaited<typeof loading>["receive"];
  try {
    ({ receive } = await loading);
  } catch (error) {
    return endUnloaded(message as WorkerInit, error);
  }
  receive(message, letGo);
}

function endUnloaded({ memory, ring, slot }: WorkerInit, error: unknown): never {
  const views = new QueueViews(memory);
  announceStart(views, slot);
  const encoder = new Encoder();
  const length = encoder.prepare(String(error), "result");
  const writer = new ResultWriter(ring);
  encoder.copyTo(writer.bytes, writer.tryReserve(length));
  writer.publish(NO_TASK, 0, NOT_LOADED, length);
  announceEnd(views, slot, 1);
  exitProcess(1);
}
