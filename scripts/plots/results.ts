/** Reads the results that the benchmarks have written. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Result } from "../../bench/result.ts";

/** The results in the order of the file names; none when the folder does not exist. */
export async function readResults(folder: string): Promise<Result[]> {
  const files = (await filesIn(folder)).filter((file) => file.endsWith(".json"));
  return Promise.all(
    files.map(async (file) => (await Bun.file(join(folder, file)).json()) as Result),
  );
}

/** The sorted names of the files. A missing folder counts as empty, because Git keeps no empty folders. */
export async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
