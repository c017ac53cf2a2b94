/**
 * Measures `ringpool run` over many small files against `xargs -P` and GNU parallel, which start a process for each file.
 *
 *     bun bench/command-line.ts [files=10000] [rounds=1] [jobs=2]
 *
 * Each contestant counts the words of every file with the same module, from the built package (`bun run build`). They run in
 * turn, round after round, and what each has printed is compared. A figure is the median of the rounds; a ratio says how
 * often the time of `ringpool run` goes into that of another. GNU parallel is left out where it is not installed
 * (`apt-get install parallel`).
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";

const [files = 10_000, rounds = 1, jobs = 2] = process.argv.slice(2).map(Number);
const command = join(import.meta.dir, "../dist/ringpool-cli.js");

/** The module: `ringpool run` calls its function, and the others run it as a program, with one file or with several. */
const MODULE = `import { readFileSync } from "node:fs";
export const words = (file) => readFileSync(file, "utf8").split(" ").length;
if (import.meta.main) for (const file of process.argv.slice(2)) console.log(words(file));
`;

const bun = process.execPath;
const contestants: Readonly<Record<string, string>> = {
  "ringpool run": `'${bun}' '${command}' run ./words.js -j${jobs} 'files/*.txt'`,
  "xargs -n1 bun": `ls files/*.txt | xargs -P${jobs} -n1 '${bun}' words.js`,
  "xargs -n100 bun": `ls files/*.txt | xargs -P${jobs} -n100 '${bun}' words.js`,
  ...(Bun.which("parallel") === null
    ? {}
    : {
        "parallel bun": `ls files/*.txt | parallel --will-cite -k -j${jobs} '${bun}' words.js {}`,
        "parallel -n100 bun": `ls files/*.txt | parallel --will-cite -k -j${jobs} -n100 '${bun}' words.js {}`,
      }),
};

const folder = await mkdtemp(join(tmpdir(), "ringpool-command-"));
try {
  await mkdir(join(folder, "files"));
  await writeFile(join(folder, "words.js"), MODULE);
  for (let index = 0; index < files; index++) {
    const text = "word ".repeat(index % 200).trimEnd();
    await writeFile(join(folder, "files", `${String(index).padStart(6, "0")}.txt`), text);
  }
  const seconds = new Map<string, number[]>();
  let expected: string | undefined;
  for (let round = 0; round < rounds; round++) {
    const [load] = loadavg();
    for (const [name, line] of Object.entries(contestants)) {
      const startedMs = performance.now();
      const child = Bun.spawn(["bash", "-c", line], { cwd: folder, stdout: "pipe" });
      // With several processes that print at once only the set of lines is the same.
      const printed = (await new Response(child.stdout).text()).split("\n").sort().join("\n");
      const took = (performance.now() - startedMs) / 1000;
      if ((await child.exited) !== 0) throw new Error(`It failed: contestant=${name}`);
      expected ??= printed;
      if (printed !== expected) throw new Error(`It printed something else: contestant=${name}`);
      seconds.set(name, [...(seconds.get(name) ?? []), took]);
      console.log(`round ${round + 1}  load ${load?.toFixed(1)}  ${name}: ${took.toFixed(2)} s`);
    }
  }
  const own = median(seconds.get("ringpool run"));
  console.log(`\n${files} files, ${jobs} jobs, median of ${rounds}`);
  for (const [name, times] of seconds) {
    const time = median(times);
    console.log(
      `${name.padEnd(20)} ${time.toFixed(2).padStart(8)} s  ${(time / own).toFixed(1)} x`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}

function median(values: readonly number[] = []): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
