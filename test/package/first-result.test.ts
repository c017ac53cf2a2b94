/** `bun run first-result`: what the README says leads to a first result in an empty folder. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyCheckout, run } from "./project.ts";

setDefaultTimeout(70_000);

test("the first steps of the README give a result, and need no other package", async () => {
  const temporary = await mkdtemp(join(tmpdir(), "ringpool-"));
  try {
    const checkout = join(temporary, "checkout");
    await copyCheckout(checkout);
    const { stdout, stderr, exitCode } = await run(
      checkout,
      process.execPath,
      "scripts/first-result.ts",
      "1",
    );
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toMatch(/^both: [\d.]+ s \(median of 1\)$/m);
    expect(stdout).toMatch(/^installed: [\d.]+ MB in \d+ files; archive: [\d.]+ MB$/m);
    expect(stdout).toEndWith("it printed:\n9592\n[ 9592, 17984, 25997 ]\n5133\n");
  } finally {
    await rm(temporary, { recursive: true });
  }
});

test("a number of rounds that is none is refused", async () => {
  const script = join(import.meta.dir, "../../scripts/first-result.ts");
  const { stderr, exitCode } = await run(tmpdir(), process.execPath, script, "many");
  expect({ stderr, exitCode }).toEqual({
    stderr: "Write a number of rounds, 1 or more: rounds=many\n",
    exitCode: 2,
  });
});
