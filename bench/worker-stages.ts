/** Scripts of workers, each of which holds or runs more of the worker's code than the one before it. For experiments in `limits`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireFreshBuild } from "../scripts/build/fingerprint.ts";

const ROOT = join(import.meta.dir, "..");
const DIST = join(ROOT, "dist");
/** The last stage has no script: it is the pool itself. */
export const POOL = "a pool, its workers ready";

const HEAD = "(function(exports, require, module, __filename, __dirname) {";

/** @param folder an empty folder, in which the scripts are written */
export async function makeStages(folder: string): Promise<[name: string, script: string][]> {
  await requireFreshBuild(ROOT);
  const text = readFileSync(join(DIST, "worker-main.cjs"), "utf8");
  const body = text.slice(text.indexOf(HEAD) + HEAD.length, text.lastIndexOf("})"));
  const held = join(folder, "held.ts");
  writeFileSync(held, `module.exports = function never(require, module) {${body}\n};`);
  await Bun.build({
    entrypoints: [held],
    outdir: folder,
    target: "bun",
    format: "cjs",
    bytecode: true,
    external: ["./*"],
    naming: { entry: "held.cjs" },
  });
  const script = (name: string, code: string): string => {
    const file = join(folder, name);
    writeFileSync(
      file,
      `${code}\nself.addEventListener("message", () => {}); self.postMessage(0);`,
    );
    return file;
  };
  const load = (file: string): string => `import.meta.require(${JSON.stringify(file)});`;
  return [
    ["a bare worker", script("bare.js", "")],
    ["the worker's code is read, not run", script("read.js", load(join(folder, "held.cjs")))],
    ["it is run", script("run.js", load(join(DIST, "worker-main.cjs")))],
    [POOL, POOL],
  ];
}

/** Resolves when so many workers of a stage have answered. */
export async function startStage(script: string, workers: number): Promise<void> {
  if (script === POOL) {
    const { ThreadPool } = (await import(join(DIST, "ringpool.js"))) as typeof import("ringpool");
    if (workers > 0) await new ThreadPool(workers).ready();
    return;
  }
  await Promise.all(
    Array.from({ length: workers }, () => {
      const worker = new Worker(script);
      return new Promise((resolve) => worker.addEventListener("message", resolve));
    }),
  );
}
