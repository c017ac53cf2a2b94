/** Touches what `shared-buffer.ts` sends, as little as a callable can. */
export function lengthOrSelf(value: unknown): unknown {
  return typeof value === "number" ? value : 0;
}
