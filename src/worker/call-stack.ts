import { Error } from "../runtime/index.ts";

/** More frames than a callable has between itself and a pool that it makes. */
const FRAMES = 1000;

/** Whether a callable or the initializer has called the calling code and has not returned. */
export function isCalledByRun(): boolean {
  const frames = framesHere();
  // The innermost frames of this folder ask the question.
  const asker = frames.findIndex((frame) => !isOfWorker(frame));
  return asker !== -1 && frames.slice(asker).some(isOfWorker);
}

function framesHere(): readonly string[] {
  const limit = Error.stackTraceLimit;
  Reflect.set(Error, "stackTraceLimit", FRAMES);
  try {
    return String(new Error("called").stack)
      .split("\n")
      .filter((line) => /^\s*at /.test(line));
  } finally {
    Reflect.set(Error, "stackTraceLimit", limit);
  }
}

function isOfWorker(frame: string): boolean {
  return frame.includes(import.meta.dir);
}
