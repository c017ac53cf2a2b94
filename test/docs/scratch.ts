/** A project outside the repository with each block as a program of its own, beside the files that the blocks above name. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT } from "./pages.ts";
import type { Block } from "./pages.ts";

const { default: tsconfig } = (await import(join(ROOT, "tsconfig.json"))) as {
  readonly default: { readonly compilerOptions: { readonly paths: Record<string, string[]> } };
};

/** The options of `bun init`, and the package by its names. */
const COMPILER_OPTIONS = {
  lib: ["ESNext"],
  target: "ESNext",
  module: "Preserve",
  moduleDetection: "force",
  allowJs: true,
  types: ["bun-types"],
  moduleResolution: "bundler",
  allowImportingTsExtensions: true,
  verbatimModuleSyntax: true,
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  noFallthroughCasesInSwitch: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  paths: Object.fromEntries(
    Object.entries(tsconfig.compilerOptions.paths).map(([name, [file = ""]]) => [
      name,
      [join(ROOT, file)],
    ]),
  ),
};

const PROJECT = "project";

/** What a program has printed. */
export interface Printed {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A block in the scratch project. */
export interface Placed {
  readonly block: Block;
  readonly folder: string;
  readonly file: string;
  /** The lines before the block's own. */
  readonly linesBefore: number;
}

/** The scratch project. */
export class Scratch implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Scratch> {
    const folder = await mkdtemp(join(tmpdir(), "ringpool docs "));
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    // Other pools, to which some pages compare: the benchmarks have them.
    await mkdir(join(folder, PROJECT));
    await symlink(join(ROOT, "bench/node_modules"), join(folder, PROJECT, "node_modules"));
    await writeFile(join(folder, "package.json"), '{ "type": "module", "private": true }');
    const options = { compilerOptions: COMPILER_OPTIONS, exclude: ["**/node_modules"] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(options));
    return new Scratch(folder);
  }

  /** Writes a block, and the files that it may import. */
  async place(block: Block): Promise<Placed> {
    const { page, line, name, setup, code, files } = block;
    const folder = join(this.folder, PROJECT, page.replace(/\.md$/, ""), String(line));
    const extension = { py: "py", python: "py", js: "js" }[block.language] ?? "ts";
    const file = join(folder, name ?? `block.${extension}`);
    for (const [other, text] of files) await write(join(folder, other), text);
    await write(file, setup + code);
    return { block, folder, file, linesBefore: setup.split("\n").length - 1 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** Runs a command to its end, or kills it after half a minute, which is far more than any block takes. */
export async function execute(cwd: string, command: readonly string[]): Promise<Printed> {
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...process.env, NO_COLOR: "1" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}
