/**
 * How long a newcomer waits, and what lands on the disk: packs the package, and does in an empty folder what the README says
 * up to its first result. Nothing is downloaded, because the package depends on nothing.
 *
 *     bun run first-result [rounds]
 */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $, Glob } from "bun";

const root = join(import.meta.dir, "..");
const rounds = Number(process.argv[2] ?? 5);
if (!Number.isSafeInteger(rounds) || rounds < 1) {
  console.error(`Write a number of rounds, 1 or more: rounds=${process.argv[2] ?? ""}`);
  process.exit(2);
}

/** What the README says to do first, in its order: a command, a file, a command. */
interface Steps {
  readonly install: string;
  readonly file: string;
  readonly code: string;
  readonly run: string;
}

async function stepsOfReadme(): Promise<Steps> {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [install, run] = [...readme.matchAll(/^```sh\n(.*)\n```$/gm)].map(([, line]) => line);
  const code = /^```ts\n([^]*?)^```$/m.exec(readme)?.[1];
  const file = /^\/\/ (\S+)\n/.exec(code ?? "")?.[1];
  if (install === undefined || run === undefined || code === undefined || file === undefined)
    throw new Error("The README does not begin with a command, a file and a command.");
  return { install, run, code, file };
}

const secondsSince = (start: number): number => (Bun.nanoseconds() - start) / 1e9;

/** Runs a command line, and returns the seconds to its first output and to its end. */
async function time(
  line: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ first: number; end: number; output: string }> {
  const start = Bun.nanoseconds();
  const command = line.replace(/^bun /, `"${process.execPath}" `);
  const child = Bun.spawn(["bash", "-c", command], { cwd, env, stdout: "pipe", stderr: "pipe" });
  const decoder = new TextDecoder();
  let output = "";
  let first = 0;
  for await (const part of child.stdout) {
    if (first === 0) first = secondsSince(start);
    output += decoder.decode(part, { stream: true });
  }
  if ((await child.exited) !== 0)
    throw new Error(
      `It failed: command=${line}\n${output}${await new Response(child.stderr).text()}`,
    );
  return { first, end: secondsSince(start), output };
}

/** The bytes of all files of a folder, and how many there are. */
async function sizeOf(folder: string): Promise<{ bytes: number; files: number }> {
  const files = await Array.fromAsync(new Glob("**/*").scan({ cwd: folder, dot: true }));
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), files: files.length };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

const temporary = await mkdtemp(join(tmpdir(), "ringpool-"));
try {
  const archive = join(temporary, "ringpool.tgz");
  await $`bun pm pack --quiet --filename ${archive}`
    .cwd(root)
    .env({ ...process.env, CI: "true" })
    .quiet();
  const { install, file, code, run } = await stepsOfReadme();
  const totals: { install: number; result: number }[] = [];
  let said = "";
  let folder = "";
  for (let round = 0; round < rounds; round++) {
    folder = join(temporary, `round-${round}`);
    await mkdir(folder);
    const env = { ...process.env, BUN_INSTALL_CACHE_DIR: join(temporary, `cache-${round}`) };
    const installed = await time(install.replace(/ringpool$/, archive), folder, env);
    await writeFile(join(folder, file), code);
    const ran = await time(run, folder, env);
    totals.push({ install: installed.end, result: ran.first });
    said = ran.output;
  }
  const { bytes, files } = await sizeOf(join(folder, "node_modules"));
  const seconds = (values: readonly number[]): string => median(values).toFixed(3);
  console.log(`${install}: ${seconds(totals.map((one) => one.install))} s`);
  console.log(`${run}, to the first line: ${seconds(totals.map((one) => one.result))} s`);
  console.log(
    `both: ${seconds(totals.map((one) => one.install + one.result))} s (median of ${rounds})`,
  );
  console.log(
    `installed: ${megabytes(bytes)} in ${files} files; archive: ${megabytes((await stat(archive)).size)}`,
  );
  console.log(`it printed:\n${said.trimEnd()}`);
} finally {
  await rm(temporary, { recursive: true });
}
