/** The timeline of the packed package, with ECharts beside it and without. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { Project, ROOT, runOrThrow } from "./project.ts";

setDefaultTimeout(70_000);

let project: Project;
beforeAll(async () => {
  project = await Project.create();
});
afterAll(() => project[Symbol.asyncDispose]());

// A CommonJS module has no await at its top level.
const PROGRAM = `
  import { ThreadPool } from "ringpool";
  import { timelineHTML, timelineSVG, writeTimeline } from "ringpool/timeline";

  async function main() {
    const pool = new ThreadPool(1);
    const trace = pool.trace();
    console.log(await pool.run((value: number) => value * 2, [21]));
    await pool.close();
    trace.stop();
    for (const draw of [timelineHTML, timelineSVG]) {
      try {
        console.log(draw(trace).slice(0, 4));
      } catch (error) {
        console.log(String(error));
      }
    }
    await writeTimeline("timeline.html", trace).catch((error) => console.log(error.name));
  }
  void main();
`;
const DRAWN = ["42", "<!do", "<svg"];

test("a timeline without ECharts says what to add, and with it is drawn, in a bundle too", async () => {
  const without = await project.runModule("timeline.ts", PROGRAM);
  const missing =
    'ThreadPoolError: A timeline is drawn by ECharts, which is not installed; run "bun add --dev echarts": package=echarts looked for=echarts/dist/echarts.min.js';
  expect(without.stderr).toBe("");
  expect(without.stdout.trim().split("\n")).toEqual(["42", missing, missing, "ThreadPoolError"]);
  await symlink(
    join(ROOT, "node_modules/echarts"),
    join(project.folder, "node_modules/echarts"),
    "dir",
  );
  const withIt = await project.runModule("timeline.ts", PROGRAM);
  expect(withIt.stderr).toBe("");
  expect(withIt.stdout.trim().split("\n")).toEqual(DRAWN);
  expect(await Bun.file(join(project.folder, "timeline.html")).text()).toEndWith("</html>\n");

  for (const format of ["esm", "cjs"]) {
    const options = ["--target=bun", `--format=${format}`, "--outfile=bundled.js"];
    await runOrThrow(project.folder, process.execPath, "build", "timeline.ts", ...options);
    const stdout = await runOrThrow(project.folder, process.execPath, "bundled.js");
    expect({ format, lines: stdout.trim().split("\n") }).toEqual({ format, lines: DRAWN });
  }
});
