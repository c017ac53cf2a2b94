/** Where the first milliseconds of a program go; see `questions/first-milliseconds.ts`. */

/** In milliseconds: how long a part took, and how much of the CPU its thread used meanwhile. */
export interface Part {
  readonly ms: number;
  readonly cpu: number;
}

export const PARTS = {
  import: "program: the import",
  constructor: "program: the constructor, which starts the thread",
  put: "program: the request is put",
  wait: "program: until the result is there",
  all: "program: all of it",
  worker: "worker: from the begin of the thread to the callable",
} as const;

export type FirstMilliseconds = Readonly<Record<keyof typeof PARTS, Part>>;

/** How the name of a case ends that is about CPU time, not about time. */
export const CPU_SUFFIX = ", CPU";
