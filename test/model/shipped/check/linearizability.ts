/**
 * Decides whether a history of calls is possible for a FIFO queue. Each call must seem to take effect at one moment
 * between its beginning and its end (Herlihy and Wing, 1990). The search is that of Wing and Gong (1993), with Lowe's
 * memory of what was tried: it takes any call that began before all others ended, applies it to the model, and goes on.
 */
import type { Argument, CallEvent } from "../machine/virtual-thread.ts";

interface Call {
  readonly name: string;
  readonly argument: Argument;
  readonly returned: unknown;
  readonly begins: number;
  /** Infinity for a call that has not ended; such a call may or may not have taken effect. */
  readonly ends: number;
}

/** The queue as it should be. Returns the queue after a call, or undefined when the call cannot have returned that. */
type Model = (queue: readonly number[], call: Call) => readonly number[] | undefined;

/**
 * put(task), or put(tasks), which adds all of them at one moment; claim(), which returns a task or -1; cancel(task), which returns
 * whether the task was still there.
 */
const fifo: Model = (queue, { name, argument, returned }) => {
  switch (name) {
    case "put":
      return queue.concat(argument ?? []);
    case "claim":
      // It has not ended, and never will: its worker is dead. It may have taken the oldest.
      if (returned === undefined) return queue.slice(1);
      if (returned === -1) return queue.length === 0 ? queue : undefined;
      return queue[0] === returned ? queue.slice(1) : undefined;
    case "cancel": {
      const isThere = queue.includes(argument as number);
      if (isThere !== returned) return undefined;
      return isThere ? queue.filter((task) => task !== argument) : queue;
    }
    default:
      throw new Error(`The model has no such call: name=${name}`);
  }
};

/** Whether a FIFO queue can have this history. */
export function isLinearizable(events: readonly CallEvent[]): boolean {
  const calls = callsOf(events);
  const tried = new Set<string>();
  const search = (done: number, queue: readonly number[]): boolean => {
    const left = calls.filter((_, i) => (done & (1 << i)) === 0);
    if (left.every(({ ends }) => ends === Infinity)) return true;
    const key = `${done}:${queue.join()}`;
    if (tried.has(key)) return false;
    tried.add(key);
    const firstEnd = Math.min(...left.map(({ ends }) => ends));
    return calls.some((call, i) => {
      if ((done & (1 << i)) !== 0 || call.begins > firstEnd) return false;
      const after = fifo(queue, call);
      return after !== undefined && search(done | (1 << i), after);
    });
  };
  return search(0, []);
}

function callsOf(events: readonly CallEvent[]): Call[] {
  const calls: Call[] = [];
  for (const [begins, event] of events.entries()) {
    if (event.isEnd) continue;
    const ends = events.findIndex(
      ({ isEnd, thread }, at) => at > begins && isEnd && thread === event.thread,
    );
    const { name, argument } = event;
    const returned = events[ends]?.returned;
    calls.push({ name, argument, returned, begins, ends: ends === -1 ? Infinity : ends });
  }
  return calls;
}

/** A history in words, for the message of a failure. */
export function historyInWords(events: readonly CallEvent[], names: readonly string[]): string {
  return events
    .map(({ thread, name, argument, returned, isEnd }) => {
      const call = `${names[thread]}: ${name}(${String(argument ?? "")})`;
      return isEnd ? `${call} returns ${String(returned)}` : `${call} begins`;
    })
    .join("; ");
}
