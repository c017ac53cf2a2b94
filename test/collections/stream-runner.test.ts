import { describe, expect, test } from "bun:test";
import { QueueViews, createQueueMemory } from "../../native-queue/index.ts";
import { streamRunner } from "../../src/collections/stream-runner.ts";
import type { StreamHost } from "../../src/collections/stream-runner.ts";

const TASK = 3;

/** A worker without a thread. Counts how often the task is looked at. */
function hostOf(): StreamHost & { readonly sent: unknown[]; looks: number } {
  const views = new QueueViews(createQueueMemory(8, 256));
  const look = views.task.bind(views);
  const host = {
    views,
    taskAtHand: TASK,
    sent: [] as unknown[],
    looks: 0,
    streams: new Map(),
    report: (_: number, value: unknown): void => {
      host.sent.push(value);
    },
  };
  views.task = (index) => {
    host.looks += 1;
    return look(index);
  };
  return host;
}

function* count(): Generator<number, string> {
  for (let i = 1; i <= 5; i++) yield i;
  return "end";
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the run of a stream", () => {
  test("does nothing at all while it has no credit", async () => {
    const host = hostOf();
    const ended = streamRunner(count as never, host)(2);
    await turn();
    expect(host.sent).toEqual([1, 2]);
    const { looks } = host;
    for (let i = 0; i < 50; i++) await turn();
    expect(host.looks).toBe(looks);
    host.streams.get(TASK)?.wake(2);
    await turn();
    expect(host.sent).toEqual([1, 2, 3, 4]);
    host.streams.get(TASK)?.wake(2);
    expect(await ended).toBe("end");
    expect(host.sent).toEqual([1, 2, 3, 4, 5]);
    expect(host.streams.size).toBe(0);
  });

  test("takes credit that comes before it waits", async () => {
    const host = hostOf();
    const ended = streamRunner(count as never, host)(1);
    host.streams.get(TASK)?.wake(9);
    expect(await ended).toBe("end");
  });
});
