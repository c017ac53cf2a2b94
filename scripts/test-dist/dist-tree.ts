import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMAND, PUBLIC_ENTRIES } from "../build/entries.ts";

/** The built file that exports what a source does. */
export const STAND_INS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(PUBLIC_ENTRIES).map(([name, source]) => [source, `${name}.js`]),
  ),
  "src/errors.ts": "ringpool.js",
  // It exports nothing, and runs.
  [COMMAND.source]: `${COMMAND.name}.js`,
};

/** The folder with the package. Its sources are there for the source maps alone. */
const PACKAGE = "package";
const PACKED = ["dist", "src", "native-queue", "package.json"];
const COPIED = [
  "test",
  "examples",
  "docs",
  "README.md",
  "CONTRIBUTING.md",
  "package.json",
  "bunfig.toml",
  "tsconfig.json",
];

/**
 * A copy of the tests, beside which the public sources only pass on what the built package exports. There are no other
 * sources, so nothing runs from them unseen: not in a worker, and not in a program that a test starts.
 */
export class DistTree implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(root: string): Promise<DistTree> {
    const folder = await mkdtemp(join(tmpdir(), "ringpool-dist-"));
    await Promise.all(
      COPIED.map((part) => cp(join(root, part), join(folder, part), { recursive: true })),
    );
    await Promise.all(
      PACKED.map((part) => cp(join(root, part), join(folder, PACKAGE, part), { recursive: true })),
    );
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    // Other pools, to which some documents compare.
    await mkdir(join(folder, "bench"));
    await symlink(join(root, "bench/node_modules"), join(folder, "bench/node_modules"));
    for (const [source, built] of Object.entries(STAND_INS)) {
      const { exports } = new Bun.Transpiler({ loader: "ts" }).scan(
        await Bun.file(join(root, source)).text(),
      );
      const from = JSON.stringify(join(folder, PACKAGE, "dist", built));
      await Bun.write(join(folder, source), `export { ${exports.join(", ")} } from ${from};\n`);
    }
    return new DistTree(folder);
  }

  /** Runs tests here, and returns the exit code. */
  async run(files: readonly string[]): Promise<number> {
    const command = [process.execPath, "test", "--timeout", "30000", ...files.map((f) => `./${f}`)];
    const child = Bun.spawn(command, {
      cwd: this.#folder,
      stdio: ["ignore", "inherit", "inherit"],
    });
    return child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
