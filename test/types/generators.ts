/** Generators whose values and ends the compiler must infer. */

export function* count(end: number): Generator<number, string> {
  for (let i = 0; i < end; i++) yield i;
  return "end";
}
export async function* rows(path: string, skip: number = 0): AsyncGenerator<{ id: number }, void> {
  yield { id: path.length + skip };
}
export function* letters(): Generator<"a" | "b"> {
  yield "a";
}
export function* each<T>(items: readonly T[]): Generator<T, void> {
  yield* items;
}
export function* later(): Generator<Promise<bigint>, void> {
  yield Promise.resolve(1n);
}
