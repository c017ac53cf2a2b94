import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cp, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SCRIPT_TEST_MS, reportOf } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const root = join(import.meta.dir, "../..");
let folder = "";

/** A copy of the package, to be damaged. */
async function copy(): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), "ringpool loading "));
  for (const part of ["src", "native-queue"]) {
    await cp(join(root, part), join(place, part), { recursive: true });
  }
  return place;
}

beforeAll(async () => {
  folder = await copy();
});
afterAll(() => rm(folder, { recursive: true }));

describe("a worker whose code cannot be loaded", () => {
  beforeAll(() => rm(join(folder, "src/worker/inbox.ts")));

  test.each(["turning", "blocking"])(
    "closes the pool of a parent that is %s, with the reason",
    async (way) => {
      expect(await reportOf("loading.ts", folder, way)).toEqual({
        name: "PoolClosed",
        causeName: "WorkerDied",
        reason: expect.stringContaining("inbox.ts") as string,
      });
    },
  );
});

test("a worker whose thread comes to a halt before it runs is replaced, while the parent blocks", async () => {
  const place = await copy();
  const halted = JSON.stringify(join(place, "halted"));
  await rename(join(place, "src/worker/main.ts"), join(place, "src/worker/real-main.ts"));
  await writeFile(
    join(place, "src/worker/main.ts"),
    `import "./halt-once.ts";
     import "./real-main.ts";`,
  );
  await writeFile(
    join(place, "src/worker/halt-once.ts"),
    `import { existsSync, writeFileSync } from "node:fs";
     if (!existsSync(${halted})) {
       writeFileSync(${halted}, "");
       for (;;);
     }`,
  );
  expect(await reportOf("loading.ts", place, "stuck")).toEqual({ result: 42 });
  await rm(place, { recursive: true });
});
