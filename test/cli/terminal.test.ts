/** The progress bar: on a terminal, and nowhere else. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { COMMAND_TEST_MS, CommandFolder } from "./command.ts";

setDefaultTimeout(COMMAND_TEST_MS);

let folder: CommandFolder;
beforeAll(async () => {
  folder = await CommandFolder.create();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Runs a shell command line on a terminal, and returns what was written to it. */
async function onTerminal(line: string): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn(["bash", "-c", line.replaceAll("ringpool", folder.shellWords)], {
    cwd: folder.path,
    env: { ...process.env, TERM: "xterm" },
    terminal: {
      cols: 120,
      rows: 30,
      data: (_, bytes) => {
        text += decoder.decode(bytes, { stream: true });
      },
    },
  });
  await child.exited;
  child.terminal?.close();
  return text;
}

test("a terminal shows a bar with the number of inputs, done and failed", async () => {
  const text = await onTerminal("ringpool run upper.ts ::: a 'bad b' c > out.jsonl");
  expect(text).toContain("100 %  3 of 3, 1 failed");
  expect(text).toContain("bad b: RangeError");
  expect(await folder.text("out.jsonl")).toBe('"A"\n"C"\n');
});

test("it shows a count while the number of inputs is not known", async () => {
  const text = await onTerminal("printf 'a\\nb\\n' | ringpool run upper.ts > /dev/null");
  expect(text).toContain("2 done, 0 failed");
});

test("results on the same terminal stand on lines of their own", async () => {
  const text = await onTerminal("ringpool run upper.ts ::: a b");
  expect(text.replaceAll("\r\u001B[K", "<clear>")).toMatch(/<clear>"A"\r\n(<clear>)?"B"\r\n/);
  // The library restores the place of the cursor at the end: it has to be the last one, or lines would be overwritten.
  expect(text.slice(text.lastIndexOf("\u001B7"))).not.toContain('"B"');
});

test("there is none with --no-progress, on a dumb terminal, and where standard error is no terminal", async () => {
  for (const line of [
    "ringpool run upper.ts --no-progress ::: a",
    "TERM=dumb ringpool run upper.ts ::: a",
    "ringpool run upper.ts ::: a 2> err.txt",
  ])
    expect(await onTerminal(line)).toBe('"A"\r\n');
  expect(await Bun.file(join(folder.path, "err.txt")).text()).toBe("");
});

test("a terminal as standard input is no list of inputs", async () => {
  const text = await onTerminal("ringpool run upper.ts");
  expect(text).toBe(
    "ringpool: There is no input; write files after the module, values after :::, or pipe lines in: ls | ringpool run ./module.ts\r\n",
  );
});
