/**
 * The package as its users get it: packed from a clean copy of the sources, and added to a project that is not this one, in
 * a folder whose name has spaces and letters beyond ASCII.
 */
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT: string = join(import.meta.dir, "../..");

/** What packing needs. There is no `dist` among it: packing builds. */
const PACKED_FROM = [
  "src",
  "native-queue",
  "scripts",
  "docs",
  "examples",
  "package.json",
  "tsconfig.json",
  "bun.lock",
  "README.md",
  "LICENSE",
  "CHANGELOG.md",
];

/** How a command ended, and what it printed. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Runs a command in a folder until it ends, or kills it after a minute. */
export async function run(cwd: string, ...command: readonly string[]): Promise<Ran> {
  const child = Bun.spawn([...command], {
    cwd,
    // With CI set, `prepare` leaves git hooks alone.
    env: { ...process.env, CI: "true", PWD: cwd },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

/** Runs a command that has to succeed, and returns what it printed. */
export async function runOrThrow(cwd: string, ...command: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await run(cwd, ...command);
  if (exitCode === 0) return stdout;
  throw new Error(
    `It failed: command=${command.join(" ")} exitCode=${exitCode}\n${stdout}${stderr}`,
  );
}

/** The tools of the site and what they write are large, and no part of the package. */
function isPacked(path: string): boolean {
  return path !== join(ROOT, "docs/site");
}

/** A copy of what packing needs, with the dependencies of this checkout. */
export async function copyCheckout(folder: string): Promise<void> {
  await mkdir(folder);
  await Promise.all(
    PACKED_FROM.map((part) =>
      cp(join(ROOT, part), join(folder, part), { recursive: true, filter: isPacked }),
    ),
  );
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
}

/** A project with the package in its `node_modules`, and the folder that all of it is in. */
export class Project implements AsyncDisposable {
  readonly folder: string;
  readonly #temporary: string;

  private constructor(temporary: string) {
    this.#temporary = temporary;
    this.folder = join(temporary, "a project of grüße 日本 #1");
  }

  static async create(): Promise<Project> {
    const temporary = await mkdtemp(join(tmpdir(), "ringpool-"));
    const project = new Project(temporary);
    const checkout = join(temporary, "checkout");
    const archive = join(temporary, "ringpool.tgz");
    const { execPath } = process;
    await copyCheckout(checkout);
    await runOrThrow(checkout, execPath, "pm", "pack", "--quiet", "--filename", archive);
    await mkdir(join(project.folder, "node_modules/@types"), { recursive: true });
    await project.write("package.json", '{ "type": "module", "private": true }');
    await runOrThrow(project.folder, execPath, "add", archive);
    const bunTypes = join(project.folder, "node_modules/@types/bun");
    await symlink(join(ROOT, "node_modules/bun-types"), bunTypes);
    return project;
  }

  /** The packed package. */
  get archive(): string {
    return join(this.#temporary, "ringpool.tgz");
  }

  /** The installed package. */
  get installed(): string {
    return join(this.folder, "node_modules/ringpool");
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.folder, name), text);
  }

  /** Writes a module of the project and runs it on Bun. */
  async runModule(name: string, source: string): Promise<Ran> {
    await this.write(name, source);
    return run(this.folder, process.execPath, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#temporary, { recursive: true });
  }
}
