/** The command in a project that has the package: installed from the archive, and started as its users do. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Glob } from "bun";
import { Project, ROOT, run } from "./project.ts";

setDefaultTimeout(70_000);

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.write("upper.ts", "export const upper = (x: string) => x.toUpperCase();\n");
});
afterAll(() => project[Symbol.asyncDispose]());

describe("the command ringpool", () => {
  test("runs as bunx ringpool, and as bun run ringpool", async () => {
    const words = ["ringpool", "run", "./upper.ts", ":::", "a", "b"];
    for (const first of ["x", "run"]) {
      expect(await run(project.folder, process.execPath, first, ...words)).toEqual({
        stdout: '"A"\n"B"\n',
        stderr: "",
        exitCode: 0,
      });
    }
  });

  test("is a file that a shell can start, when bun is on the PATH", async () => {
    const command = join(project.folder, "node_modules/.bin/ringpool");
    const { stdout, exitCode } = await run(project.folder, command, "run", "upper.ts", ":::", "a");
    expect({ stdout, exitCode }).toEqual({ stdout: '"A"\n', exitCode: 0 });
  });

  test("gives its callables the task context of the installed package", async () => {
    await project.write(
      "context.ts",
      `import { taskContext } from "ringpool/worker";
       export const attempt = () => taskContext.attempt;\n`,
    );
    const words = ["x", "ringpool", "run", "context.ts", ":::", "a"];
    expect((await run(project.folder, process.execPath, ...words)).stdout).toBe("1\n");
  });

  test("brings its libraries with their licences, and other programs do not load them", async () => {
    const dist = join(project.installed, "dist");
    const holders: string[] = [];
    for await (const file of new Glob("*.js").scan(dist)) {
      const text = await readFile(join(dist, file), "utf8");
      if (text.includes("cli-progress")) holders.push(file);
    }
    const command = await readFile(join(dist, "ringpool-cli.js"), "utf8");
    expect(holders.length).toBe(1);
    expect(command).toContain(`import("./${holders[0]}")`);
    for await (const file of new Glob("{ringpool,worker,worker-main,native-queue}.js").scan(dist)) {
      const text = await readFile(join(dist, file), "utf8");
      expect(text).not.toContain("ringpool-cli");
      expect(text).not.toContain(holders[0] as string);
    }
    const licences = await readFile(join(dist, "LICENSES.txt"), "utf8");
    for (const name of ["cli-progress", "string-width", "strip-ansi", "emoji-regex"])
      expect(licences).toMatch(new RegExp(`^${name} [\\d.]+ \\(MIT\\)$`, "m"));
    expect(licences).toContain(
      (await readFile(join(ROOT, "node_modules/cli-progress/LICENSE.md"), "utf8")).trim(),
    );
  });
});

test("the command runs in this repository by a script of package.json", async () => {
  const { stdout, exitCode } = await run(
    ROOT,
    process.execPath,
    "run",
    "ringpool",
    "run",
    "node:path#basename",
    ":::",
    "a/b",
  );
  expect({ stdout, exitCode }).toEqual({ stdout: '"b"\n', exitCode: 0 });
});
