/** One number for any value that the storm sends, the same on both sides of the queue. */
const BEGIN = 0x9e3779b9;

export function checksum(value: unknown): number {
  return mix(BEGIN, value, new Map());
}

function mix(sum: number, value: unknown, seen: Map<object, number>): number {
  if (typeof value !== "object" || value === null) {
    return mixText(sum, `${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`);
  }
  const before = seen.get(value);
  if (before !== undefined) return mixText(sum, `seen ${before}`);
  seen.set(value, seen.size);
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
    return Bun.hash.crc32(value, mixText(sum, `${value.constructor.name} ${value.byteLength}`));
  }
  if (value instanceof Date) return mixText(sum, `date ${value.getTime()}`);
  let mixed = mixText(sum, value.constructor.name);
  for (const member of membersOf(value)) mixed = mix(mixed, member, seen);
  return mixText(mixed, "end");
}

function membersOf(value: object): Iterable<unknown> {
  if (value instanceof Map) return [...value.entries()].flat();
  if (value instanceof Set || Array.isArray(value)) return value;
  return Object.entries(value).flat();
}

function mixText(sum: number, text: string): number {
  return Bun.hash.crc32(text, sum);
}
