/** A copy of the source and its tests, in which one mutation at a time is tried. */
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutate } from "../model/shipped/machine/load-queue.ts";
import type { SourceMutant } from "./mutant.ts";

const ROOT = join(import.meta.dir, "../..");
const COPIED = [
  "src",
  "native-queue",
  "test",
  "scripts",
  "examples",
  "package.json",
  "bunfig.toml",
  "tsconfig.json",
];
/** A run hangs when it takes so many times as long as without the mutation, and longer than this. */
const HANGS_AFTER_TIMES = 6;
const HANGS_AFTER_MS = 15_000;
/** The tests that a mutant names are chosen so that they take a few seconds. */
const LONGEST_UNCHANGED_MS = 120_000;

/** What a run of tests came to. */
export interface TestRun {
  /** Whether every test has passed. */
  readonly hasPassed: boolean;
  /** Whether the run had to be killed. */
  readonly hung: boolean;
  /** The first test that failed; undefined when none did, or the run hung before one was told. */
  readonly failed: string | undefined;
  /** All that was printed. */
  readonly output: string;
  readonly durationMs: number;
}

export class ScratchTree implements AsyncDisposable {
  readonly #folder: string;
  /** What the unchanged source came to, by tests. */
  readonly #unchanged = new Map<string, TestRun>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<ScratchTree> {
    const folder = await mkdtemp(join(tmpdir(), "ringpool-mutants-"));
    for (const part of COPIED) await cp(join(ROOT, part), join(folder, part), { recursive: true });
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    return new ScratchTree(folder);
  }

  /**
   * Applies a mutation, runs its tests until one fails, and takes the mutation back.
   *
   * @throws Error when the tests fail without the mutation too: then they say nothing about it
   */
  async try(mutant: SourceMutant): Promise<TestRun> {
    const unchanged = await this.#runUnchanged(mutant);
    if (!unchanged.hasPassed)
      throw new Error(
        `The tests fail without the mutation: what=${mutant.what}\n${unchanged.output}`,
      );
    const path = join(this.#folder, mutant.file);
    const source = await Bun.file(path).text();
    await Bun.write(path, mutate(source, mutant));
    try {
      const hangsAfterMs = Math.max(HANGS_AFTER_MS, HANGS_AFTER_TIMES * unchanged.durationMs);
      return await this.#run(mutant, hangsAfterMs);
    } finally {
      await Bun.write(path, source);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  async #runUnchanged(mutant: SourceMutant): Promise<TestRun> {
    const key = `${mutant.tests.join(" ")} ${mutant.titles}`;
    const known = this.#unchanged.get(key) ?? (await this.#run(mutant, LONGEST_UNCHANGED_MS));
    this.#unchanged.set(key, known);
    return known;
  }

  async #run({ tests, titles }: SourceMutant, longestMs: number): Promise<TestRun> {
    const startedMs = performance.now();
    const only = titles === undefined ? [] : ["--test-name-pattern", titles];
    const files = tests.map((file) => `./${file}`);
    const child = Bun.spawn([process.execPath, "test", "--bail", ...only, ...files], {
      cwd: this.#folder,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      // A group of its own, so that the processes that tests have started are killed with it.
      detached: true,
    });
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      process.kill(-child.pid, "SIGKILL");
    }, longestMs);
    const [stdout, stderr] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ]);
    clearTimeout(timer);
    const output = stdout + stderr;
    const failed = /^\(fail\) (.*?)(?: \[[\d.]+m?s\])?$/m.exec(output)?.[1];
    return {
      hasPassed: child.exitCode === 0,
      hung,
      failed,
      output,
      durationMs: performance.now() - startedMs,
    };
  }
}
