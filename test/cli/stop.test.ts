/** How a run ends before its time: by signals, and when nobody reads its output. */
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
const GO_ON = "With --resume FILE a run can be stopped and go on later.";

describe("a signal", () => {
  for (const { signal, name, exitCode } of [
    { signal: "SIGINT", name: "Ctrl-C", exitCode: 130 },
    { signal: "SIGTERM", name: "SIGTERM", exitCode: 143 },
    { signal: "SIGHUP", name: "SIGHUP", exitCode: 129 },
  ] as const) {
    test(`${signal} lets the running calls finish, begins no more, and says how far the run got`, async () => {
      using gate = new Gate("a", "b");
      const command = folder.start(["run", "gated.ts", "-j2", ":::", ...INPUTS], {
        env: gate.env,
      });
      await gate.hasArrived(4);
      command.child.kill(signal);
      await command.printed(({ stderr }) => stderr.includes("Stopping when"));
      gate.open();
      const ended = await command.ended();
      expect(ended.exitCode).toBe(exitCode);
      expect(ended.lines).toEqual(['"a"', '"b"', '"c"', '"d"']);
      expect(ended.stderr).toBe(
        "Stopping when the running calls have ended; Ctrl-C again stops at once.\n" +
          `Stopped by ${name}: 4 of 8 values are done. ${GO_ON}\n`,
      );
      expect(gate.arrived.length).toBe(4);
    });
  }

  test("the second one ends the process at once, whatever the calls do", async () => {
    using gate = new Gate("a");
    const command = folder.start(["run", "gated.ts", "-j2", ":::", ...INPUTS], {
      env: gate.env,
    });
    await gate.hasArrived(3);
    await command.printed(({ stdout }) => stdout !== "");
    command.child.kill("SIGINT");
    await command.printed(({ stderr }) => stderr.includes("Stopping when"));
    command.child.kill("SIGINT");
    const { exitCode, lines, stderr } = await command.ended();
    expect({ exitCode, lines }).toEqual({ exitCode: 130, lines: ['"a"'] });
    expect(stderr).toEndWith("Stopped: 1 of 8 values are done.\n");
  });

  test("ends a run whose calls compute for ever, at the second one", async () => {
    await folder.write(
      "spins.ts",
      `export const f = (x: string) => { console.error("spins"); for (;;); };\n`,
    );
    const command = folder.start(["run", "spins.ts", ":::", "a", "b"]);
    await command.printed(({ stderr }) => stderr.includes("spins"));
    command.child.kill("SIGINT");
    await command.printed(({ stderr }) => stderr.includes("Stopping when"));
    command.child.kill("SIGINT");
    expect((await command.ended()).exitCode).toBe(130);
  });

  test("ends a run that waits for more input", async () => {
    const command = folder.start(["run", "upper.ts"], { isPiped: true });
    const { stdin } = command.child;
    if (typeof stdin !== "object" || !("write" in stdin)) throw new Error("There is no pipe.");
    await stdin.write("a\n");
    await stdin.flush();
    // Its result comes although the input goes on.
    await command.printed(({ stdout }) => stdout === '"A"\n');
    command.child.kill("SIGINT");
    const { exitCode, stderr } = await command.ended();
    expect({ exitCode, stderr }).toEqual({
      exitCode: 130,
      stderr: `Stopped by Ctrl-C: 1 line is done. ${GO_ON}\n`,
    });
  });
});

describe("the reader of the output", () => {
  async function shell(pipeline: string): Promise<{ stdout: string; stderr: string }> {
    const child = Bun.spawn(["bash", "-c", pipeline.replaceAll("ringpool", folder.shellWords)], {
      cwd: folder.path,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    return { stdout, stderr };
  }

  test("that has enough ends the run, with endless input too, quietly", async () => {
    const pipeline = "yes a | ringpool run upper.ts | head -2; echo ${PIPESTATUS[1]}";
    expect(await shell(pipeline)).toEqual({ stdout: '"A"\n"A"\n141\n', stderr: "" });
  });

  test("that has enough does not hide failures", async () => {
    const pipeline =
      "(echo bad; yes a) | ringpool run upper.ts -j1 | head -1; echo ${PIPESTATUS[1]}";
    const { stdout, stderr } = await shell(pipeline);
    expect(stdout).toBe('"A"\n1\n');
    expect(stderr).toContain("  line 1: bad: RangeError: bad is refused");
  });

  test("that is slow holds the run up: calls are made no further than a bounded number ahead", async () => {
    await folder.write(
      "counts.ts",
      `import { appendFileSync } from "node:fs";
       const line = "x".repeat(10_000);
       export const f = () => { appendFileSync("count.txt", "x"); return line; };\n`,
    );
    // For each line it starts a process, and looks how many calls were made by then.
    const reader =
      'awk \'{ lines++; "stat -c %s count.txt" | getline calls; close("stat -c %s count.txt"); if (calls - lines > most) most = calls - lines } END { print lines, most }\'';
    const { stdout } = await shell(`yes | head -2000 | ringpool run counts.ts | ${reader}`);
    const [lines, most] = stdout.split(" ").map(Number);
    expect(lines).toBe(2000);
    expect(most).toBeLessThan(1500);
  });

  test("and of a long list of failures gets all of it, however slow it is", async () => {
    await folder.write(
      "long.ts",
      `export const f = (x: string) => { throw new Error(x + " " + "long ".repeat(2000)); };\n`,
    );
    const reader = `awk '{ system("true"); length($0) > 10000 && lines++ } END { print lines }'`;
    const { stdout } = await shell(
      `seq 100 | ringpool run long.ts --verbose 2>&1 >/dev/null | ${reader}`,
    );
    expect(stdout).toBe("100\n");
  });

  test("may be gone for standard error as well", async () => {
    const quiet = "yes a | ringpool run upper.ts 2>&1 | head -1; echo ${PIPESTATUS[1]}";
    expect(await shell(quiet)).toEqual({ stdout: '"A"\n141\n', stderr: "" });
    const failing =
      "(echo bad; yes a) | ringpool run upper.ts 2>&1 | head -1; echo ${PIPESTATUS[1]}";
    expect(await shell(failing)).toEqual({ stdout: '"A"\n1\n', stderr: "" });
  });
});
