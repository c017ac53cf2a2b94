/** Reads what the benchmarks have written. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Result } from "../../bench/result.ts";

/** In the order of the files' names; none where there is no such folder. */
export async function readResults(folder: string): Promise<Result[]> {
  const files = (await filesIn(folder)).filter((file) => file.endsWith(".json"));
  return Promise.all(
    files.map(async (file) => (await Bun.file(join(folder, file)).json()) as Result),
  );
}

/** Sorted. Git keeps no empty folders, so one that is missing is empty. */
export async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
