import { UsageError } from "./usage-error.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy;

/** The longest time that a timer of the pool can wait for. */
const MAX_MS = 2 ** 31 - 1;

/**
 * The milliseconds of a duration as people write it: `5s`, `500ms`, `1m30s`, `1.5h`. A bare number is seconds, as in GNU
 * parallel.
 */
export function parseDurationMs(text: string, option: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : sumOfParts(text);
  if (ms !== undefined && ms > 0 && ms <= MAX_MS) return ms;
  throw new UsageError(
    `${option} is a time over 0 and below 25 days, such as 500ms, 5s, 2m or 1m30s; a number alone is seconds: ${option}=${text}`,
  );
}

function sumOfParts(text: string): number | undefined {
  let ms = 0;
  let read = 0;
  for (const [part, number, unit] of text.matchAll(PART)) {
    ms += Number(number) * (UNIT_MS[unit as string] as number);
    read += part.length;
  }
  return read === text.length && read > 0 ? ms : undefined;
}
