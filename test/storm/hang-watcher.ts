/** The watching thread of `HangWatch`. */
import { PARENT_EPOCH } from "../../native-queue/layout.ts";
import type { QueueMemory } from "../../native-queue/layout.ts";
import { BEATS, HANGS } from "./hang-watch.ts";
import type { WatchMessage } from "./hang-watch.ts";
import { pictureOf } from "./queue-picture.ts";
import type { TappedSlot } from "./queue-tap.ts";

const LOOK_MS = 100;
/** So long the storm has to print what it knows, at most. */
const LAST_WORDS_MS = 5000;

let words: Int32Array<SharedArrayBuffer> | undefined;
let hangAfterMs = Infinity;
let memory: QueueMemory | undefined;
const slots: TappedSlot[] = [];
let beatsSeen = -1;
/** Looks since then, and not time: a process that was stopped for a while does not hang. */
let looksSince = 0;

globalThis.addEventListener("message", (event) => {
  const message = (event as MessageEvent<WatchMessage>).data;
  words = message.words ?? words;
  hangAfterMs = message.hangAfterMs ?? hangAfterMs;
  memory = message.memory ?? memory;
  if (message.slot !== undefined) slots[message.slot.slot] = message.slot;
});

const looking = setInterval(() => {
  if (words === undefined) return;
  const beats = Atomics.load(words, BEATS);
  if (beats !== beatsSeen) {
    beatsSeen = beats;
    looksSince = 0;
  } else if (++looksSince * LOOK_MS > hangAfterMs) {
    clearInterval(looking);
    tellOfHang(words);
  }
}, LOOK_MS);

function tellOfHang(shared: Int32Array<SharedArrayBuffer>): void {
  console.error(`The storm hangs: no request was settled for ${hangAfterMs} ms.`);
  if (memory !== undefined) console.error(pictureOf(memory, slots));
  Atomics.store(shared, HANGS, 1);
  if (memory !== undefined) {
    const queue = new Int32Array(memory.queue);
    Atomics.add(queue, PARENT_EPOCH, 1);
    Atomics.notify(queue, PARENT_EPOCH);
  }
  setTimeout(
    () => {
      console.error("The storm's thread does not answer.");
      process.kill(process.pid, "SIGKILL");
    },
    Math.min(LAST_WORDS_MS, hangAfterMs),
  );
}
