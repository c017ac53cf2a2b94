import { pool, taskContext } from "ringpool/worker";
export function makeShared(n: number): Int32Array {
  const end = performance.now() + 1;
  while (performance.now() < end);
  const made = new Int32Array(new SharedArrayBuffer(64));
  made[0] = n;
  return made;
}
export async function manyShared(n: number): Promise<number> {
  const parts = await pool.map(
    makeShared,
    Array.from({ length: n }, (_, i) => i),
  );
  return parts.reduce((a, part) => a + (part[0] as number), 0);
}
export async function stopsLate(): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    await Bun.sleep(1);
    taskContext.throwIfCancelled();
  }
}
export async function leaves(): Promise<string> {
  void pool.run(stopsLate);
  await Bun.sleep(2);
  return "left";
}
export async function leavesMap(): Promise<string> {
  void pool.map(stopsLate, [1, 2]);
  await Bun.sleep(2);
  return "left";
}
export function plus(a: number): number {
  return a + 1;
}
export async function slowChild(shared: Int32Array): Promise<void> {
  Atomics.add(shared, 0, 1);
  while (!taskContext.cancelled()) {
    await Bun.sleep(1);
    if (Atomics.load(shared, 3) === 1) break;
  }
  if (taskContext.cancelled()) Atomics.add(shared, 1, 1);
}
export async function neverBegin(shared: Int32Array): Promise<void> {
  Atomics.add(shared, 2, 1);
}
export async function leavingParent(shared: Int32Array): Promise<string> {
  void pool.run(slowChild, [shared]);
  while (Atomics.load(shared, 0) === 0) await Bun.sleep(1);
  void pool.run(neverBegin, [shared]);
  return "gone";
}
export async function grand(shared: Int32Array): Promise<number[]> {
  await pool.run(leavingParent, [shared]);
  for (let i = 0; i < 50; i++) await Bun.sleep(1);
  const seen = [...shared.slice(0, 3)];
  Atomics.store(shared, 3, 1);
  return seen;
}
