import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { runExample, runOnTerminal } from "./run-example.ts";

const ESCAPE = "\u001b";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ringpool-demo-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, content: string): void {
  writeFileSync(join(folder, name), content);
}

describe("on a folder of files", () => {
  test("the demo finds the same both ways, and its totals are those of wc and gzip", async () => {
    const contents = {
      empty: "",
      "two words.txt": "two words\nno line end",
      "Grüße, 世界 🌍.txt": "äöü\u00a0ß\r\n\t世界\n\n",
      "sub folder/repeated": "again ".repeat(10_000),
    };
    await mkdir(join(folder, "sub folder"));
    for (const [name, content] of Object.entries(contents)) write(name, content);

    const { exitCode, stdout } = await runExample("demo.ts", folder);

    const bytes = Object.values(contents).map((content) => Buffer.from(content));
    const total = sumOf(bytes.map(({ length }) => length));
    const gzipTotal = sumOf(bytes.map((content) => gzipSync(content, { level: 9 }).length));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^files +4$/m);
    expect(stdout).toMatch(new RegExp(`^bytes +${total.toLocaleString("en-US")}$`, "m"));
    expect(stdout).toContain(
      `Identical results both ways: 4 lines, 10,007 words, ${gzipTotal} bytes gzipped.`,
    );
    expect(stdout).not.toContain("Could not be read");
  });

  test("the demo shows times, a speed-up, and each worker's share of the requests", async () => {
    for (let i = 0; i < 30; i++) write(`${i}`, "x");
    const { stdout } = await runExample("demo.ts", folder);
    expect(stdout).toMatch(/^plain loop +\d+\.\d\d s /m);
    expect(stdout).toMatch(/^pool +\d+\.\d\d s /m);
    expect(stdout).toMatch(/^speed-up +\d+\.\d\d x$/m);
    const requests = stdout.matchAll(/^worker \d+ +\d+ % busy +(\d+) requests?$/gm);
    expect(sumOf([...requests].map(([, count]) => Number(count)))).toBe(30);
  });

  test("the demo names what it cannot read, once, and goes on with the rest", async () => {
    write("readable", "word");
    symlinkSync(join(folder, "nowhere"), join(folder, "dangling"));
    symlinkSync("/dev/null", join(folder, "device"));
    const { exitCode, stdout, stderr } = await runExample("demo.ts", folder);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^files +1$/m);
    expect(stdout).toContain("Identical results both ways: 0 lines, 1 word,");
    expect(stdout).toMatch(
      /^Could not be read: 2\n {2}ENOENT.*dangling.*\n {2}not a regular file.*device.*\n/m,
    );
    expect(stderr).not.toMatch(/error|dangling|device/i);
  });

  // The superuser may list any folder.
  test.skipIf(process.getuid?.() === 0)(
    "the demo names a folder that it cannot list, and goes on with the rest",
    async () => {
      await mkdir(join(folder, "locked"), { mode: 0o000 });
      write("readable", "word");
      const { exitCode, stdout } = await runExample("demo.ts", folder);
      await chmod(join(folder, "locked"), 0o700);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^Could not be read: 1\n {2}EACCES.*locked/m);
      expect(stdout).toMatch(/^files +1$/m);
    },
  );

  test("a link to the folder above does not send the demo in circles", async () => {
    write("file", "");
    symlinkSync(folder, join(folder, "up"));
    const { exitCode, stdout } = await runExample("demo.ts", folder);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^1 file below /);
  });

  // This file has another content each time it is read, and its size and times stay the same.
  test.skipIf(process.platform !== "linux")(
    "the demo fails, and names the file, when the two ways differ",
    async () => {
      symlinkSync("/proc/sys/kernel/random/uuid", join(folder, "never twice"));
      write("file", "");
      const { exitCode, stdout } = await runExample("demo.ts", folder);
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/^The two ways gave DIFFERENT results: 1\n {2}.*never twice$/m);
      expect(stdout).not.toContain("Identical");
    },
  );
});

describe("where the output goes", () => {
  test("without a terminal there are a few plain lines of progress and no escape codes", async () => {
    for (let i = 0; i < 100; i++) write(`${i}`, "some words\n");
    symlinkSync("nowhere", join(folder, `${ESCAPE}[31mred`));
    const { stdout, stderr } = await runExample("demo.ts", folder);
    expect(stdout + stderr).not.toContain(ESCAPE);
    expect(stdout + stderr).not.toContain("\r");
    expect(stdout).toContain("\\x1b[31mred");
    const progress = stderr.trimEnd().split("\n");
    expect(progress).toHaveLength(8);
    for (const line of progress)
      expect(line).toMatch(/^(?:plain loop|pool {6}) +\d+ % +\d+\.\d\d s$/);
  });

  // Bun has pseudo-terminals on POSIX systems only.
  test.skipIf(process.platform === "win32").each([40, 100])(
    "on a terminal of %i columns there is a bar for each way, no wider than that, and the table",
    async (columns) => {
      write("file", "some words\n");
      const { exitCode, screen } = await runOnTerminal(columns, "demo.ts", folder);
      expect(exitCode).toBe(0);
      // Each state of a bar is drawn over the one before it, from column 1.
      const states = Bun.stripANSI(screen.replaceAll(`${ESCAPE}[1G`, "\n")).split("\n");
      const bars = states.map((line) => line.trim()).filter((line) => line.includes("█"));
      expect(bars.map((bar) => bar.split(" ")[0])).toEqual(["plain", "pool"]);
      for (const bar of bars) expect(Bun.stringWidth(bar)).toBeLessThanOrEqual(columns);
      expect(screen).toMatch(/^speed-up +\d+\.\d\d x\r?$/m);
    },
  );
});

describe("on a wrong command line", () => {
  test("a missing folder gives one line on standard error and exit code 2", async () => {
    const missing = join(folder, "missing");
    expect(await runExample("demo.ts", missing)).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: `No such folder: ${missing}\n`,
    });
  });

  test("a file in place of a folder gives one line on standard error and exit code 2", async () => {
    write("file", "");
    expect(await runExample("demo.ts", join(folder, "file"))).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: `Not a folder: ${join(folder, "file")}\n`,
    });
  });

  test.each([
    ["a second folder", ["one", "two"]],
    ["an option", ["--level=9"]],
  ])("%s gives the usage and exit code 2", async (_, args) => {
    expect(await runExample("demo.ts", ...args)).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "Usage: bun run demo [folder]\n",
    });
  });

  test("an empty folder gives one line and exit code 0", async () => {
    expect(await runExample("demo.ts", folder)).toEqual({
      exitCode: 0,
      stdout: `No files below ${folder}\n`,
      stderr: "",
    });
  });
});

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
