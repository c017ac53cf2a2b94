/**
 * The door of the room of inline workers: a worker that runs in the thread of its parent, for the tests of programs.
 *
 * It is the run loop of every worker, over the same queue and with the same codec. Only its waits are other ones, because parent
 * and worker have one thread between them. A pool loads this room when it is constructed with `inline: true`. The room must never
 * know what a request or a pool is.
 */
export { InlineWorkers } from "./inline-workers.ts";
