import { expect, test } from "bun:test";
import { join } from "node:path";
import { IF_REDIS, NO_REDIS } from "../cluster/redis-server.ts";

const folder = join(import.meta.dir, "../../src/cluster");

test.skipIf(NO_REDIS !== undefined)(
  `the demo of the cluster kills a machine and loses nothing${IF_REDIS}`,
  async () => {
    const demo = join(import.meta.dir, "../../examples/cluster/demo.ts");
    const child = Bun.spawn([process.execPath, demo, folder], { stdout: "pipe", stderr: "pipe" });
    const [stdout, stderr, exitCode] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const files = [...new Bun.Glob("**/*").scanSync({ cwd: folder })].length;
    expect(stdout.trimEnd().split("\n").at(-1)).toBe(
      `${files} put, ${files} delivered, 0 lost, 0 doubled, 1 machines killed`,
    );
  },
);
