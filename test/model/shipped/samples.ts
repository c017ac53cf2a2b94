/** Small programs that show what the explorers and checks notice: correct ones, and wrong ones that they must catch. */
import type { QueueCode } from "./machine/load-queue.ts";
import { Play } from "./scenes/world.ts";
import type { Actor, Cast, Ending, Part } from "./scenes/world.ts";

/** Shared words that the queue does not use here, and the operations on them. */
export interface Shared {
  readonly atomics: typeof Atomics;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly doubles: Float64Array<SharedArrayBuffer>;
  /** Two words far apart, and one that begins a double. */
  readonly a: number;
  readonly b: number;
  /** Two words whose plain writes may be seen in any order, at first 0. */
  readonly loose: readonly [number, number];
}

export interface SampleOptions {
  readonly deaths?: number;
  readonly check?: (end: Ending, shared: Shared) => void;
}

/** A program to explore. @param bodies one for each thread */
export function sample(
  code: QueueCode,
  bodies: readonly ((shared: Shared, actor: Actor) => void)[],
  { deaths = 0, check = () => {} }: SampleOptions = {},
): Play {
  return new Play(code, {
    name: "sample",
    about: "",
    deaths,
    arrange: (world): Cast => {
      const { views, stage } = world;
      const shared: Shared = {
        atomics: stage.globals.Atomics as typeof Atomics,
        words: views.words,
        doubles: views.taskFloats,
        a: views.inline(0) / 4,
        b: views.inline(1) / 4,
        loose: [views.state(0), views.state(1)],
      };
      const parts = bodies.map((body, i): Part => ({
        name: `thread ${i}`,
        isMortal: i > 0,
        run: (actor) => {
          actor.ready();
          body(shared, actor);
        },
      }));
      return { parts, check: (end) => check(end, shared) };
    },
  });
}

/** Publishes a plain word by an atomic one. */
export function publish({ atomics, words, a, b }: Shared): void {
  words[a] = 42;
  atomics.store(words, b, 1);
}

/** Reads the word once it is published. */
export function readPublished({ atomics, words, a, b }: Shared): void {
  if (atomics.load(words, b) === 1 && words[a] !== 42) throw new Error("The word is not there.");
}

/** Reads the word without a look at whether it is published. */
export function readAtOnce({ words, a }: Shared): void {
  void words[a];
}

/** Waits for a word to change. Without the second look it may miss the change. */
export function waitForChange(hasSecondLook: boolean): (shared: Shared) => void {
  return ({ atomics, words, a, b }) => {
    if (atomics.load(words, a) !== 0) return;
    const epoch = hasSecondLook ? atomics.load(words, b) : 0;
    if (hasSecondLook && atomics.load(words, a) !== 0) return;
    atomics.wait(words, b, hasSecondLook ? epoch : atomics.load(words, b));
  };
}

/** Changes the word, then adds to the one that threads wait on, then notifies. */
export function changeAndNotify({ atomics, words, a, b }: Shared): void {
  atomics.store(words, a, 1);
  atomics.add(words, b, 1);
  atomics.notify(words, b);
}
