/**
 * What it costs to make a new object for memory that is moved, which no copy is part of. The engine counts all of the memory
 * for each object, and collects garbage the sooner. A pool makes three objects for a buffer that goes to a worker and back, because it
 * takes the buffer from the program before it knows which worker will have it; postMessage makes two.
 *
 *     bun bench/limits/moved-buffers.ts
 *
 * Takes a second.
 */
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";

const MOVES = 2000;

/** Moves a buffer again and again. Returns the average microseconds of a move: garbage collections are part of it. */
function averageOf(bytes: number, move: (buffer: ArrayBuffer) => ArrayBuffer): string {
  let buffer = new ArrayBuffer(bytes);
  const from = performance.now();
  for (let i = 0; i < MOVES; i++) buffer = move(buffer);
  return (((performance.now() - from) * 1000) / MOVES).toFixed(1);
}

const { port1, port2 } = new MessageChannel();

function byPort(buffer: ArrayBuffer): ArrayBuffer {
  port1.postMessage(buffer, [buffer]);
  return (receiveMessageOnPort(port2) as { message: ArrayBuffer }).message;
}

for (const bytes of [1 << 10, 1 << 20, 1 << 26]) {
  const taken = averageOf(bytes, (buffer) => buffer.transfer());
  console.log(
    `${bytes} bytes: ${taken} us by transfer(), ${averageOf(bytes, byPort)} us by a port of this thread`,
  );
}
port1.close();
