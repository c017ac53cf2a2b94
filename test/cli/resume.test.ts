/** `--resume`: a run that was stopped goes on where it was, and its output is that of a run that was not. */
import { beforeEach, afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { COMMAND_TEST_MS, CommandFolder } from "./command.ts";
import { Gate } from "./gate.ts";

setDefaultTimeout(COMMAND_TEST_MS);

let folder: CommandFolder;
beforeEach(async () => {
  folder = await CommandFolder.create();
});
afterEach(() => folder[Symbol.asyncDispose]());

const INPUTS = ["a", "b", "c", "d", "e", "f", "g", "h"];
const RESULTS = INPUTS.map((input) => JSON.stringify(input));
const WORDS = ["run", "gated.ts", "-j2", "--resume", "run.journal", ":::", ...INPUTS];

/** Runs the command again with every call let through, and returns the inputs of the calls that it made. */
async function goOn(): Promise<readonly string[]> {
  using gate = new Gate(...INPUTS);
  const { exitCode, lines, stderr } = await folder.ringpool(WORDS, { env: gate.env });
  expect({ exitCode, lines, stderr }).toEqual({ exitCode: 0, lines: RESULTS, stderr: "" });
  return gate.arrived.toSorted();
}

describe("after", () => {
  test("Ctrl-C", async () => {
    using gate = new Gate("a", "b", "c");
    const command = folder.start(WORDS, { env: gate.env });
    await gate.hasArrived(5);
    command.child.kill("SIGINT");
    await command.printed(({ stderr }) => stderr.includes("Stopping when"));
    gate.open();
    const { exitCode, stderr } = await command.ended();
    expect(exitCode).toBe(130);
    expect(stderr).toEndWith(
      "Stopped by Ctrl-C: 5 of 8 values are done. The same command goes on from here.\n",
    );
    expect(await goOn()).toEqual(["f", "g", "h"]);
    expect(await goOn()).toEqual([]);
  });

  test("kill -9: what was printed is not done again", async () => {
    using gate = new Gate("a", "b", "c", "d");
    const command = folder.start(WORDS, { env: gate.env });
    await gate.hasArrived(6);
    await command.printed(({ stdout }) => stdout.split("\n").length > 4);
    command.child.kill("SIGKILL");
    await command.ended();
    expect(await goOn()).toEqual(["e", "f", "g", "h"]);
  });

  test("a kill while an entry was written: the part of it is taken out", async () => {
    using gate = new Gate(...INPUTS);
    await folder.ringpool(WORDS, { env: gate.env });
    const whole = await folder.text("run.journal");
    const last = whole.trimEnd().lastIndexOf("\n") + 1;
    await folder.write("run.journal", whole.slice(0, last + 12));
    expect((await goOn()).length).toBe(1);
    expect((await folder.text("run.journal")).split("\n").toSorted()).toEqual(
      whole.split("\n").toSorted(),
    );
    // The first line can be cut off too.
    await folder.write("run.journal", whole.slice(0, 20));
    expect(await goOn()).toEqual(INPUTS);
  });

  test("a failure: the failed calls run again, and no others", async () => {
    const words = ["fails.ts", "--resume", "run.journal", ":::", "a", "throws", "b"];
    expect(await folder.run(...words)).toMatchObject({ exitCode: 1, lines: ['"a"', '"b"'] });
    const module = await folder.text("fails.ts");
    await folder.write("fails.ts", module.replace(`input.startsWith("throws")`, "false"));
    expect(await folder.run(...words)).toMatchObject({
      exitCode: 0,
      lines: ['"a"', '"throws"', '"b"'],
    });
    expect((await folder.text("attempts.txt")).split("\n").toSorted()).toEqual([
      "",
      "a",
      "b",
      "throws",
      "throws",
    ]);
  });
});

test("a file of lines is gone on with, in order, however long", async () => {
  const input = Array.from({ length: 20_000 }, (_, index) => `line ${index} é\n`).join("");
  const words = ["run", "upper.ts", "--resume", "run.journal"];
  const whole = await folder.ringpool(words, { input });
  const journal = (await folder.text("run.journal")).split("\n");
  expect(journal.length).toBe(20_002);
  // Every third entry is lost, and the others are in another order.
  const kept = journal.slice(1, -1).filter((_, index) => index % 3 > 0);
  await folder.write("run.journal", `${[journal[0], ...kept.reverse()].join("\n")}\n`);
  expect(await folder.ringpool(words, { input })).toEqual(whole);
  expect((await folder.text("run.journal")).split("\n").toSorted()).toEqual(journal.toSorted());
});

describe("a journal is refused, with exit code 2 and nothing run,", () => {
  async function refusal(...words: readonly string[]): Promise<string> {
    const before = await folder.text("run.journal");
    const { exitCode, stderr, lines } = await folder.run(...words);
    expect({ exitCode, lines }).toEqual({ exitCode: 2, lines: [] });
    expect(await folder.text("run.journal")).toBe(before);
    return stderr;
  }
  const OPTION = ["--resume", "run.journal"];

  beforeEach(async () => {
    await folder.run("args.ts", ...OPTION, ":::", "a", "b");
  });

  test("when it belongs to another module, function, argument or form", async () => {
    expect(await refusal("upper.ts", ...OPTION, ":::", "a", "b")).toMatch(
      /^ringpool: The journal is of another run; name another file, or use the same module: it was ".*args\.ts", and is ".*upper\.ts": --resume=run\.journal\n$/,
    );
    expect(await refusal("args.ts", "--arg", "k=v", ...OPTION, ":::", "a", "b")).toContain(
      'use the same argument: it was not there, and is {"k":"v"}',
    );
    expect(await refusal("args.ts", "--json", ...OPTION, ":::", "1")).toContain(
      'use the same form: it was "text", and is "json"',
    );
  });

  test("when the inputs are others", async () => {
    expect(await refusal("args.ts", ...OPTION, ":::", "b", "a")).toContain(
      'The journal is of a run with other inputs; give the same ones in the same order, or another file. At index 0 it has "a", and the input is "b"',
    );
  });

  test("when it is no journal, which is left as it is", async () => {
    for (const text of ["precious", "precious\n", '{"journal":1}\n']) {
      await folder.write("run.journal", text);
      expect(await refusal("args.ts", ...OPTION, ":::", "a")).toBe(
        "ringpool: The journal is no journal of ringpool run; name a new file: --resume=run.journal\n",
      );
    }
  });

  test("when it is damaged", async () => {
    const [header, first, second] = (await folder.text("run.journal")).split("\n");
    await folder.write("run.journal", `${[header, first, "damage", second].join("\n")}\n`);
    expect(await refusal("args.ts", ...OPTION, ":::", "a", "b")).toContain(
      "The journal is damaged in line 3; take that line out, or name a new file",
    );
  });

  test("when it cannot be opened", async () => {
    const { exitCode, stderr } = await folder.run("args.ts", "--resume", "no/file", ":::", "a");
    expect(exitCode).toBe(2);
    expect(stderr).toStartWith("ringpool: The journal cannot be opened: ENOENT");
  });
});
