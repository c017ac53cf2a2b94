/** A schedule as a story, step by step, and as a text that replays it. */
import { DEATH, OTHERWISE, STEP, threadOf, wayOf } from "../machine/machine.ts";
import type { Machine, State, Transition } from "../machine/machine.ts";
import type { Operation } from "../machine/operation.ts";
import type { Local } from "../machine/virtual-thread.ts";
import type { Play } from "../scenes/world.ts";
import type { Failure } from "./exhaustive.ts";

const WAYS: Record<number, string> = { [STEP]: "", [OTHERWISE]: "t", [DEATH]: "x" };

/** A schedule as text: thread numbers, with `t` for a limit that runs out and `x` for a death; `3*1` is `1 1 1`. */
export function scheduleText(schedule: readonly Transition[]): string {
  const words = schedule.map((next) => `${threadOf(next)}${WAYS[wayOf(next)]}`);
  const runs: string[] = [];
  for (let from = 0; from < words.length;) {
    let to = from;
    while (words[to] === words[from]) to += 1;
    const count = to - from;
    runs.push(count === 1 ? (words[from] as string) : `${count}*${words[from]}`);
    from = to;
  }
  return runs.join(" ");
}

/** The schedule of a text. */
export function scheduleFrom(text: string): Transition[] {
  return text.split(" ").flatMap((run) => {
    const [, count = "1", thread, way] = /^(?:(\d+)\*)?(\d+)([tx]?)$/.exec(run) ?? [];
    if (thread === undefined) throw new Error(`That is no part of a schedule: text=${run}`);
    const ways: Record<string, number> = { "": STEP, t: OTHERWISE, x: DEATH };
    const transition = Number(thread) * 4 + (ways[way as string] as number);
    return Array.from({ length: Number(count) }, () => transition);
  });
}

/** The states along a schedule, the start included. */
export function statesAlong(machine: Machine, schedule: readonly Transition[]): State[] {
  const states = [machine.start];
  for (const transition of schedule) states.push(machine.apply(states.at(-1) as State, transition));
  return states;
}

/** A failure as a story to read. */
export function story({ machine, configuration }: Play, { message, schedule }: Failure): string {
  const lines = [message, ""];
  let state = machine.start;
  for (const transition of schedule) {
    lines.push(sentence(machine, state, transition));
    try {
      state = machine.apply(state, transition);
    } catch (error) {
      lines.push(String(error));
    }
  }
  lines.push("", ...state.locals.map((local) => whereabouts(local)));
  lines.push("", `configuration=${JSON.stringify(configuration.name)}`);
  lines.push(`schedule=${JSON.stringify(scheduleText(schedule))}`);
  return lines.join("\n");
}

function sentence(machine: Machine, state: State, transition: Transition): string {
  const { point } = state.locals[threadOf(transition)] as Local;
  const { name } = point.thread.code;
  const operation = point.next;
  if (operation === undefined) return `The system says that ${name} is gone.`;
  if (wayOf(transition) === DEATH)
    return `${name} dies before: ${inWords(machine, state, operation)}`;
  if (wayOf(transition) === OTHERWISE && operation.kind === "show")
    return `${name}: its write of ${machine.memory.nameOf(operation.cell)} stays hidden for now`;
  if (wayOf(transition) === OTHERWISE)
    return `${name}: ${operation.kind === "wait" ? "its wait times out" : "hears of a thread's end"}`;
  return `${name}: ${inWords(machine, state, operation)}`;
}

function inWords({ memory }: Machine, state: State, operation: Operation): string {
  const { kind, cell, operand, expected } = operation;
  if (cell < 0) return kind;
  const what = memory.nameOf(cell);
  const value = memory.valueOf(state.memory, cell);
  switch (kind) {
    case "load":
    case "read":
      return `${kind} ${what} (${hex(value)})`;
    case "compareExchange":
      return value === (expected | 0)
        ? `CAS ${what} ${hex(value)} -> ${hex(operand)}`
        : `CAS ${what} from ${hex(expected)} fails, it is ${hex(value)}`;
    case "wait":
    case "waitAsync":
    case "until":
      return `${kind} ${what} while it is ${hex(operand)} (${hex(value)})`;
    case "notify":
      return `notify ${what}`;
    default:
      return `${kind} ${what} ${hex(operand)} (was ${hex(value)})`;
  }
}

function hex(value: number): string {
  return value >= 0 && value < 10 ? String(value) : `0x${(value >>> 0).toString(16)}`;
}

function whereabouts({ point, isParked, isDead }: Local): string {
  const { name } = point.thread.code;
  if (isDead) return `${name} is dead`;
  if (point.next === undefined) return `${name} has ended`;
  return `${name} ${isParked ? "sleeps in" : "is before"} a ${point.next.kind}`;
}
