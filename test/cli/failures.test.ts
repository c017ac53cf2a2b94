/** Calls that fail: what is printed, what goes on, what stops, and the exit code. */
import { beforeEach, afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { COMMAND_TEST_MS, CommandFolder } from "./command.ts";
import { Gate } from "./gate.ts";

setDefaultTimeout(COMMAND_TEST_MS);

let folder: CommandFolder;
beforeEach(async () => {
  folder = await CommandFolder.create();
});
afterEach(() => folder[Symbol.asyncDispose]());

async function attempts(): Promise<string[]> {
  return (await folder.text("attempts.txt")).trim().split("\n");
}

test("a run goes on after failures, lists them in the order of the input, and exits with 1", async () => {
  const words = ["fails.ts", "-j2", ":::", "a", "throws 1", "b", "exits", "throws text", "c"];
  const { exitCode, lines, stderr } = await folder.run(...words);
  expect(exitCode).toBe(1);
  expect(lines).toEqual(['"a"', '"b"', '"c"']);
  expect(stderr.split("\n")).toEqual([
    "3 of 6 failed:",
    expect.stringMatching(/^ {2}throws 1: Error: throws 1 \(fails\.ts:\d+:\d+\)$/),
    expect.stringMatching(
      /^ {2}exits: WorkerDied: Worker \d ended with exit code 1 while it ran this request$/,
    ),
    "  throws text: thrown: only text",
    "",
  ]);
});

test("--keep-going is what happens anyway", async () => {
  const { exitCode, lines } = await folder.run("fails.ts", "--keep-going", ":::", "throws", "b");
  expect({ exitCode, lines }).toEqual({ exitCode: 1, lines: ['"b"'] });
});

test("the list has a line for each failure, and with --verbose the whole message and the stack", async () => {
  const short = await folder.run("upper.ts", ":::", "bad a");
  expect(short.stderr).toMatch(
    /^1 of 1 failed:\n {2}bad a: RangeError: bad a is refused \(upper\.ts:2:\d+\)\n$/,
  );
  const long = await folder.run("upper.ts", "--verbose", ":::", "bad a");
  expect(long.stderr).toMatch(
    /^1 of 1 failed:\n {2}bad a: RangeError: bad a is refused\nfor a reason \(upper\.ts:2:\d+\)\n +at upper \(.*upper\.ts:2:\d+\)\n$/,
  );
});

test("the list names the first hundred of many failures", async () => {
  const input = Array.from({ length: 150 }, (_, index) => `bad ${index}\n`).join("");
  const { exitCode, stderr } = await folder.ringpool(["run", "upper.ts"], { input });
  expect(exitCode).toBe(1);
  expect(stderr).toStartWith("150 of 150 failed:\n  line 1: bad 0: RangeError: bad 0 is refused");
  expect(stderr).toEndWith("\n  and 50 more: --tag writes every error to the output\n");
  expect(stderr.split("\n").length).toBe(103);
});

test("a line that is no JSON fails by itself", async () => {
  const input = '1\nnonsense\n{"a":1}\n';
  const json = await folder.ringpool(["run", "args.ts", "--json"], { input });
  expect({ exitCode: json.exitCode, lines: json.lines }).toEqual({
    exitCode: 1,
    lines: ["[1]", '[{"a":1}]'],
  });
  expect(json.stderr).toContain("  line 2: nonsense: SyntaxError: The line is no JSON: ");
  const spread = await folder.ringpool(["run", "args.ts", "--spread"], { input: '{"a":1}\n' });
  expect(spread.stderr).toContain("With --spread each line is a JSON array of arguments");
});

test("--retries runs a failed call again, so often and no more", async () => {
  const words = ["fails.ts", "-j1", "--retries", "2", ":::", "throws", "b", "exits"];
  const { exitCode, lines, stderr } = await folder.run(...words);
  expect({ exitCode, lines }).toEqual({ exitCode: 1, lines: ['"b"'] });
  expect(stderr).toStartWith("2 of 3 failed:\n");
  expect((await attempts()).toSorted()).toEqual([
    "b",
    ...Array.from({ length: 3 }, () => "exits"),
    ...Array.from({ length: 3 }, () => "throws"),
  ]);
});

test("--retries lets a call succeed at last", async () => {
  await folder.write(
    "third.ts",
    `import { appendFileSync, readFileSync } from "node:fs";
     export const third = (x: string) => {
       appendFileSync("count.txt", "x");
       if (readFileSync("count.txt").length < 3) throw new Error("not yet");
       return x;
     };\n`,
  );
  const { exitCode, lines, stderr } = await folder.run("third.ts", "--retries=2", ":::", "a");
  expect({ exitCode, lines, stderr }).toEqual({ exitCode: 0, lines: ['"a"'], stderr: "" });
});

test("--timeout ends a call that computes for ever, and no other", async () => {
  const words = ["fails.ts", "-j2", "--timeout", "300ms", ":::", "a", "never ends", "b", "c"];
  const { exitCode, lines, stderr } = await folder.run(...words);
  expect({ exitCode, lines }).toEqual({ exitCode: 1, lines: ['"a"', '"b"', '"c"'] });
  expect(stderr).toBe(
    "1 of 4 failed:\n  never ends: RequestTimeout: The call took longer than --timeout allows\n",
  );
});

describe("a run that stops early", () => {
  test("with --bail ends the calls that run, and begins no more", async () => {
    using gate = new Gate("a");
    await folder.write(
      "gated-failure.ts",
      `import { gated } from "./gated.ts";
       export const f = async (x: string) => { if (x === "throws") throw new Error("first"); return gated(x); };\n`,
    );
    const command = folder.start(
      ["run", "gated-failure.ts", "-j2", "--bail", ":::", "a", "stays", "throws", "d", "e"],
      { env: gate.env },
    );
    const { exitCode, lines, stderr } = await command.ended();
    expect({ exitCode, lines }).toEqual({ exitCode: 1, lines: ['"a"'] });
    expect(stderr).toMatch(
      /^1 of 2 failed:\n {2}throws: Error: first \(gated-failure\.ts:2:\d+\)\n/,
    );
    expect(stderr).toContain("Stopped after a failure: 2 of 5 values are done, 1 of them failed.");
    expect(gate.arrived.toSorted()).toEqual(["a", "stays"]);
  });

  test("with --halt soon lets the calls that run finish, and begins no more", async () => {
    using gate = new Gate("throws");
    await folder.write(
      "gated-failure.ts",
      `import { gated } from "./gated.ts";
       export const f = async (x: string) => { await gated(x); if (x === "throws") throw new Error("first"); return x; };\n`,
    );
    const command = folder.start(
      [
        "run",
        "gated-failure.ts",
        "-j2",
        "--halt",
        "soon,fail=1",
        ":::",
        "held",
        "throws",
        "c",
        "d",
      ],
      { env: gate.env },
    );
    await command.printed(({ stderr }) => stderr.includes("Stopping when the running calls"));
    gate.open();
    const { exitCode, lines, stderr } = await command.ended();
    expect({ exitCode, lines }).toEqual({ exitCode: 1, lines: ['"held"'] });
    expect(stderr).toContain("Stopped after a failure: 2 of 4 values are done, 1 of them failed.");
    expect(gate.arrived.toSorted()).toEqual(["held", "throws"]);
  });

  test("begins no call before it knows how the calls before have ended, however short they are", async () => {
    await folder.write(
      "counted.ts",
      `import { appendFileSync } from "node:fs";
       export const f = (x: string) => { appendFileSync("calls.txt", x + " "); if (x === "3") throw new Error("third"); return x; };\n`,
    );
    const inputs = Array.from({ length: 500 }, (_, i) => `${i + 1}`);
    const words = ["run", "counted.ts", "-j1", "--bail", ":::", ...inputs];
    const { exitCode, lines } = await folder.ringpool(words);
    expect({ exitCode, lines }).toEqual({ exitCode: 1, lines: ['"1"', '"2"'] });
    expect(await Bun.file(`${folder.path}/calls.txt`).text()).toBe("1 2 3 ");
  });

  test("with --halt now,success=1 succeeds at the first result", async () => {
    using gate = new Gate("a");
    const words = [
      "gated.ts",
      "-j2",
      "--halt",
      "now,success=1",
      "--unordered",
      ":::",
      "a",
      "b",
      "c",
    ];
    const { exitCode, lines, stderr } = await folder.ringpool(["run", ...words], { env: gate.env });
    expect({ exitCode, stderr, results: lines.length }).toEqual({
      exitCode: 0,
      stderr: "",
      results: 1,
    });
  });
});
