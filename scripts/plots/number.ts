/** Writes numbers and times for people. */
import type { Case } from "../../bench/result.ts";

/** With three significant digits. A figure that could not be measured arrives as null, because JSON has no NaN. */
export function readable(value: number | null | undefined): string {
  if (!isMeasured(value)) return "—";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return value === 0 ? "0" : value.toPrecision(3);
}

/** With k, M and G, so that it fits beside a bar. */
export function short(value: number): string {
  const [divisor, letter] = LETTERS.find(([from]) => value >= from) ?? [1, ""];
  const shown = String(Number((value / divisor).toPrecision(3)));
  return letter === "" ? shown : `${shown} ${letter}`;
}

const LETTERS = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

const NANOSECONDS = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["µs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
]);

/** The factor that gives nanoseconds; undefined when the unit does not begin with a unit of time. */
export function nanosecondsIn(unit: string): number | undefined {
  return NANOSECONDS.get(unit.split(" ")[0] ?? "");
}

/** A duration such as "2 µs" or "1.5 ms". */
export function duration(ns: number): string {
  const [divisor, unit] = TIMES.find(([from]) => ns >= from) ?? [1, "ns"];
  return `${Number((ns / divisor).toPrecision(3))} ${unit}`;
}

const TIMES = [
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "µs"],
] as const;

/** A number of bytes such as "64 KiB". */
export function bytes(count: number): string {
  return count < 1 << 20 ? `${count >> 10} KiB` : `${count >> 20} MiB`;
}

export function isMeasured(value: number | null | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** True for throughput and speed-ups. Every other figure is a cost. */
export function isMoreBetter({ unit }: Pick<Case, "unit">): boolean {
  return /\b(a|per) second\b|\/s\b|speed-?up|\btimes\b|^[x×]/i.test(unit);
}
