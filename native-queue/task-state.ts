/**
 * The state word of a task. It alone says who owns the task.
 *
 * ```
 * FREE ──parent: put──▶ READY ──worker: claim (CAS)──▶ CLAIMED(worker)
 *   ▲                    │  ▲                               │
 *   └─parent: cancel(CAS)┘  └─parent: put again, once it has┘
 *                             read the result, or the worker is dead
 * FREE ──parent: offer──▶ OFFERED(worker) ──that worker: claim (CAS)──▶ CLAIMED(worker)
 *   ▲                        │
 *   └──parent: cancel (CAS)──┘
 * ```
 *
 * From CLAIMED the parent may offer the task again, as it may put it.
 *
 * The generation is the position at which the task was put, cut to 22 bits. So a claim is one
 * CAS from exactly READY(position) to CLAIMED(worker, position): an entry that a slow worker read
 * long ago cannot claim a later use of the same task, and requests are claimed in the order they
 * were put. Two uses of one task share a generation only 4,194,304 puts apart.
 */

/** Tag: the task was never put, or its request was cancelled. */
export const TAG_FREE = 0;
/** Tag: the task is put, and no worker has claimed it. */
export const TAG_READY = 1;
/** Tag: a worker has claimed the task. */
export const TAG_CLAIMED = 2;

/** Tag: the task waits for one given worker, and no other can claim it. */
export const TAG_OFFERED = 3;

const OWNER_SHIFT = 2;
const OWNER_MASK = 0xff;
const GENERATION_SHIFT = 10;

/** The generation of a position: its low 22 bits. */
export function generationOf(position: number): number {
  return position & 0x3fffff;
}
/** The state of a task whose request was put at a position and cancelled. */
export function packFree(position: number): number {
  return (position << GENERATION_SHIFT) | TAG_FREE;
}
/** The state of a task that was put at a position. */
export function packReady(position: number): number {
  return (position << GENERATION_SHIFT) | TAG_READY;
}
/** The state of a task that was put at a position and claimed by a worker. */
export function packClaimed(position: number, worker: number): number {
  return (position << GENERATION_SHIFT) | (worker << OWNER_SHIFT) | TAG_CLAIMED;
}
/** The state of a task that was offered to a worker at a position. */
export function packOffered(position: number, worker: number): number {
  return (position << GENERATION_SHIFT) | (worker << OWNER_SHIFT) | TAG_OFFERED;
}
/** The tag of a state. */
export function tagOf(state: number): number {
  return state & 3;
}
/** The worker that has claimed a task or that it is offered to, from a state with the tag CLAIMED or OFFERED. */
export function ownerOf(state: number): number {
  return (state >>> OWNER_SHIFT) & OWNER_MASK;
}
/** The generation of the use that a state belongs to. */
export function generationOfState(state: number): number {
  return state >>> GENERATION_SHIFT;
}
/** The signed distance from one generation to another. Both must be of positions less than 2,097,152 apart. */
export function generationDistance(from: number, to: number): number {
  return ((to - from) << GENERATION_SHIFT) >> GENERATION_SHIFT;
}
