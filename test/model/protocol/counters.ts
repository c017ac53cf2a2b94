/** Positions, laps and frame counts that wrap, as in native-queue/sequence.ts with fewer bits. */
import { FRAME_COUNTS, GENERATIONS, POSITIONS } from "./configuration.ts";
import { READY } from "./world.ts";
import type { Task, World } from "./world.ts";

/** The position after a position, wrapping. */
export function nextPosition(position: number): number {
  return (position + 1) % POSITIONS;
}
/** How far `to` lies after `from`. It never lies before. */
export function distance(from: number, to: number): number {
  return (to - from + POSITIONS) % POSITIONS;
}
/** The generation of a position. */
export function generationOf(position: number): number {
  return position % GENERATIONS;
}
/** The lap of a position, from 1. */
export function lapOf(world: World, position: number): number {
  return 1 + Math.floor(position / world.entries.length);
}
/** Whether a task's state is READY(position). */
export function isReady(task: Task, position: number): boolean {
  return task.tag === READY && task.generation === generationOf(position);
}

/** The count of frames after a count, wrapping. */
export function nextFrame(count: number): number {
  return (count + 1) % FRAME_COUNTS;
}
/** How many frames `to` is after `from`. */
export function frameDistance(from: number, to: number): number {
  return (to - from + FRAME_COUNTS) % FRAME_COUNTS;
}
