/** Axes: where a value lies between 0 and 1, and which values are written beside it. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface Axis {
  readonly label: string;
  readonly ticks: readonly Tick[];
  /** Where a value lies: 0 at the beginning of the axis, 1 at its end. */
  readonly at: (value: number) => number;
  readonly written: Written;
}

type Written = (value: number) => string;

const STEPS = [1, 2, 5, 10];

/** An axis from 0 to a round number that is at least `max`. */
export function linearAxis(label: string, max: number, written: Written): Axis {
  const rough = (max > 0 ? max : 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((factor) => factor * power >= rough) ?? 10) * power;
  const count = Math.max(1, Math.ceil(max / step - 1e-9));
  const values = Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
  const at = (value: number): number => value / (count * step);
  return axis(label, values, at, written);
}

/** A logarithmic axis of decades around all values, with 1, 2 and 5 of each decade when there are few. */
export function logAxis(label: string, values: readonly number[], written: Written): Axis {
  const first = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  const at = (value: number): number => (Math.log10(value) - first) / (last - first);
  const steps = last - first > 2 ? [1] : [1, 2, 5];
  const below = Array.from({ length: last - first }, (_, i) =>
    steps.map((step) => step * 10 ** (first + i)),
  );
  return axis(label, [...below.flat(), 10 ** last], at, written);
}

/** A logarithmic axis with exactly these values, which were measured. */
export function countAxis(label: string, counts: readonly number[]): Axis {
  const min = Math.min(...counts);
  const span = Math.log(Math.max(...counts) / min);
  const at = (value: number): number => (span > 0 ? Math.log(value / min) / span : 0.5);
  return axis(label, counts, at, String);
}

/** An axis of names at equal distances. A value is the index of a name. */
export function nameAxis(label: string, names: readonly string[]): Axis {
  const at = (index: number): number => (names.length > 1 ? index / (names.length - 1) : 0.5);
  return axis(label, [...names.keys()], at, (index) => names[index] ?? "");
}

export const FIRST_PERCENTILE = 50;
export const LAST_PERCENTILE = 99.9;

/** 90 to 99 is as wide as 99 to 99.9, and so on, so that rare calls get room. */
export function percentileAxis(label: string): Axis {
  const rarity = (percentile: number): number => -Math.log10(1 - percentile / 100);
  const first = rarity(FIRST_PERCENTILE);
  const at = (percentile: number): number =>
    (rarity(percentile) - first) / (rarity(LAST_PERCENTILE) - first);
  const ticks = [FIRST_PERCENTILE, 75, 90, 95, 99, LAST_PERCENTILE];
  return axis(label, ticks, at, String);
}

function axis(label: string, values: readonly number[], at: Axis["at"], written: Written): Axis {
  const ticks = values.map((value) => ({ at: at(value), label: written(value) }));
  return { label, at, written, ticks };
}
