import { expect, test } from "bun:test";
import { parkEpoch } from "../../../native-queue/index.ts";
import { QueueParts, fakeChannel } from "./parts.ts";

const MESSAGE = { id: 1, buffer: undefined };

/** What a parked worker has to hear of at last: messages, or bytes that they keep alive. */
test.each([
  ["many messages", 64, 0],
  ["messages that keep much memory alive", 2, 1 << 24],
])("parked workers are woken to read %s, and not for fewer", (_, messages, bytes) => {
  const { channels } = new QueueParts();
  const workers = [fakeChannel(0), fakeChannel(1)];
  for (const worker of workers) channels.add(worker);
  const epochs = (): number[] => workers.map(({ slot }) => parkEpoch(channels.views, slot));
  for (let round = 0; round < 2; round++) {
    const before = epochs();
    for (let count = 1; count < messages; count++) {
      channels.postUnread(MESSAGE, bytes);
      channels.wakeIfMuchUnread();
    }
    expect(epochs()).toEqual(before);
    channels.postUnread(MESSAGE, bytes);
    channels.wakeIfMuchUnread();
    expect(epochs()).toEqual(before.map((epoch) => epoch + 1));
  }
  expect(workers.map(({ posted }) => posted.length)).toEqual([2 * messages, 2 * messages]);
});
