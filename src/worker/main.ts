/**
 * The script of a worker. To import this file makes a worker of the thread, so nothing else imports it.
 *
 * It only loads the rest. When that fails it says so on the queue, because a parent that blocks does not hear of the
 * end of a thread in any other way.
 */
import { QueueViews, ResultWriter, announceEnd, announceStart } from "../../native-queue/index.ts";
import { loadedCodec } from "../codec/index.ts";
import { NOT_LOADED, NO_TASK } from "../protocol/index.ts";
import type { WorkerInit } from "../protocol/index.ts";
import { exitProcess } from "../runtime/index.ts";
import { listen } from "./listening.ts";

const loading = import("./start.ts");
// The failure is told once the first message has come: it brings the queue to tell it on.
loading.catch(() => {});
listen((message, letGo) => void take(message, letGo));

/** Awaits, because a program may have replaced `then`. */
async function take(message: unknown, letGo: () => void): Promise<void> {
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
  const encoder = new (loadedCodec().Encoder)();
  const length = encoder.prepare(String(error), "result");
  const writer = new ResultWriter(ring);
  encoder.copyTo(writer.bytes, writer.tryReserve(length));
  writer.publish(NO_TASK, 0, NOT_LOADED, length);
  announceEnd(views, slot, 1);
  exitProcess(1);
}
