import { pool } from "ringpool/worker";
export function work(us: number): number { const end = performance.now() + us / 1000; let x = 0; while (performance.now() < end) x++; return x; }
export function spinCount(n: number): number { let x = n; for (let i = 0; i < n; i++) x = (Math.imul(x, 1103515245) + 12345) | 0; return x; }
export function mapAll(n: number, loops: number): number { return pool.mapSync(spinCount, Array.from({ length: n }, () => loops)).length; }
export async function mapAsync(n: number, loops: number): Promise<number> { return (await pool.map(spinCount, Array.from({ length: n }, () => loops))).length; }
export function plain(n: number, loops: number): number { return Array.from({ length: n }, () => loops).map((l) => spinCount(l)).length; }
