import { expect, test } from "bun:test";
import { MAX_WORKERS } from "../../../native-queue/index.ts";
import type { WorkerChannel } from "../../../src/pool/queue/worker-channel.ts";
import { LingeringThreads } from "../../../src/pool/supervision/lingering-threads.ts";

interface PlayedThread {
  readonly channel: WorkerChannel;
  readonly ended: Promise<void>;
  readonly released: Promise<void>;
  readonly calls: string[];
}

function thread(): PlayedThread {
  const calls: string[] = [];
  const ended = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const channel = {
    holdProcess(isHeld: boolean): void {
      calls.push(isHeld ? "hold" : "release");
      if (!isHeld) released.resolve();
    },
    terminate(): void {
      calls.push("terminate");
      ended.resolve();
    },
  } as WorkerChannel;
  return { channel, ended: ended.promise, released: released.promise, calls };
}

/** The timers of lingering threads keep no process alive, so the test does. */
async function keptAlive(awaited: Promise<void>): Promise<void> {
  const timer = setInterval(() => {}, 1000);
  await awaited;
  clearInterval(timer);
}

test("a thread that does not end by itself is ended after graceMs", async () => {
  const threads = new LingeringThreads(1);
  const { channel, ended, calls } = thread();
  threads.add(channel);
  expect(calls).toEqual(["hold"]);
  await keptAlive(ended);
  expect(calls.at(-1)).toBe("terminate");
});

test.each([2 ** 31, Infinity])(
  "a thread whose grace is %d ms holds the process for a limited time alone, and is not ended then",
  async (graceMs) => {
    const threads = new LingeringThreads(graceMs);
    const { channel, released, calls } = thread();
    threads.add(channel);
    await keptAlive(released);
    expect(calls).toEqual(["hold", "release"]);
    threads.remove(channel);
  },
);

test("a thread that is gone is ended no more", () => {
  const threads = new LingeringThreads(1000);
  const { channel, calls } = thread();
  threads.add(channel);
  threads.remove(channel);
  threads.endAll();
  expect(calls).toEqual(["hold"]);
});

test("all of them are ended when the pool is terminated", () => {
  const threads = new LingeringThreads(Infinity);
  const [first, second] = [thread(), thread()];
  threads.add(first.channel);
  threads.add(second.channel);
  threads.endAll();
  expect([...first.calls, ...second.calls].filter((call) => call === "terminate")).toHaveLength(2);
});

test.each([
  ["the oldest is ended when there are more than a pool has workers", 60_000, 1],
  ["none is ended, however many there are, where none may be", Infinity, 0],
])("%s", (_, graceMs, expected) => {
  const threads = new LingeringThreads(graceMs);
  const oldest = thread();
  threads.add(oldest.channel);
  for (let i = 0; i < MAX_WORKERS; i++) threads.add(thread().channel);
  expect(oldest.calls.filter((call) => call === "terminate")).toHaveLength(expected);
  threads.endAll();
});
