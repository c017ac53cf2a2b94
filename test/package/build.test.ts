/** The build: what it makes, that the same things stay the same, and that an old build is noticed. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { appendFile, cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PUBLIC_ENTRIES } from "../../scripts/build/entries.ts";
import { requireFreshBuild } from "../../scripts/build/fingerprint.ts";
import { ROOT, copyCheckout, run, runOrThrow } from "./project.ts";

setDefaultTimeout(70_000);

let temporary = "";
let checkout = "";
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "ringpool-"));
  checkout = join(temporary, "checkout");
  await copyCheckout(checkout);
});
afterAll(() => rm(temporary, { recursive: true }));

const build = () => runOrThrow(checkout, process.execPath, "scripts/build.ts");

test.skipIf(!existsSync(join(ROOT, "dist")))(
  "dist in this checkout is of its sources",
  async () => {
    await requireFreshBuild(ROOT);
  },
);

describe("the build", () => {
  test("is missed where there is none", async () => {
    await rm(join(checkout, "dist"), { recursive: true, force: true });
    await expect(requireFreshBuild(checkout)).rejects.toThrow(
      `The package is not built; run "bun run build": folder=${checkout}/dist`,
    );
  });

  test("is found to be old when a source has changed", async () => {
    await build();
    await requireFreshBuild(checkout);
    await appendFile(join(checkout, "src/worker/start.ts"), "// changed\n");
    await expect(requireFreshBuild(checkout)).rejects.toThrow(
      `dist is older than the sources; run "bun run build": folder=${checkout}/dist`,
    );
    await build();
    await requireFreshBuild(checkout);
  });

  test.each(["built.ts", "limits/worker-memory.ts", "limits/compilers.ts"])(
    "is not measured when it is missing or old: %s",
    async (program) => {
      const [from, to] = [join(ROOT, "bench"), join(checkout, "bench")];
      await cp(from, to, { recursive: true, filter: (path) => !path.includes("node_modules") });
      const measured = () => run(checkout, process.execPath, `bench/${program}`);
      await rm(join(checkout, "dist"), { recursive: true, force: true });
      expect(await measured()).toMatchObject({
        exitCode: 1,
        stdout: "",
        stderr: expect.stringContaining('The package is not built; run "bun run build"'),
      });
      await build();
      await appendFile(join(checkout, "native-queue/index.ts"), "// changed\n");
      expect(await measured()).toMatchObject({
        exitCode: 1,
        stdout: "",
        stderr: expect.stringContaining('dist is older than the sources; run "bun run build"'),
      });
    },
  );

  test("makes the same files of the same sources", async () => {
    const textsOf = async () =>
      Promise.all(
        (await readdir(join(checkout, "dist")))
          .sort()
          .map(async (name) => [name, await Bun.file(join(checkout, "dist", name)).text()]),
      );
    await build();
    const first = await textsOf();
    await build();
    expect(await textsOf()).toEqual(first);
  });

  test("keeps the names of classes and functions, which stacks and messages show", async () => {
    await build();
    for (const name of Object.keys(PUBLIC_ENTRIES)) {
      const exported = (await import(join(checkout, "dist", `${name}.js`))) as object;
      const renamed = Object.entries(exported).filter(
        ([key, value]) => typeof value === "function" && value.name !== key,
      );
      expect(renamed).toEqual([]);
    }
  });

  test("lets a worker start without the errors, and without globals that only others use", async () => {
    await build();
    const script = join(temporary, "idle.js");
    // A worker that has had no message yet. It tells whether reading a global gives what another thread would only now make.
    await Bun.write(
      script,
      `const names = ["Headers", "Blob", "Worker", "ReadableStream", "performance"];
       const read = new Set();
       for (const name of names) {
         const value = globalThis[name];
         Object.defineProperty(globalThis, name, { get: () => (read.add(name), value) });
       }
       const require = process.getBuiltinModule("node:module").createRequire(import.meta.path);
       require(${JSON.stringify(join(checkout, "dist/worker-main.cjs"))});
       const files = Object.keys(require.cache ?? {}).map((file) => file.split("/").at(-1));
       postMessage({ read: [...read], files });`,
    );
    const worker = new Worker(script);
    const { data } = await new Promise<MessageEvent<{ read: string[]; files: string[] }>>(
      (resolve, reject) => {
        worker.addEventListener("message", resolve);
        worker.addEventListener("error", reject);
      },
    );
    worker.terminate();
    expect(data.read).toEqual(["performance"]);
    expect(data.files).toContain("worker-main.cjs");
    expect(data.files).not.toContain("ringpool-once.cjs");
  });

  test("exports from each entry what its source does", async () => {
    await build();
    for (const [name, source] of Object.entries(PUBLIC_ENTRIES)) {
      const built = (await import(join(checkout, "dist", `${name}.js`))) as object;
      const sources = (await import(join(ROOT, source))) as object;
      expect(Object.keys(built)).toEqual(Object.keys(sources));
    }
  });
});

test("the package's own names mean the sources in this repository, and the built files elsewhere", async () => {
  const { compilerOptions } = Bun.JSONC.parse(
    await Bun.file(join(ROOT, "tsconfig.json")).text(),
  ) as {
    readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> };
  };
  const { exports } = (await Bun.file(join(ROOT, "package.json")).json()) as {
    readonly exports: Readonly<Record<string, unknown>>;
  };
  for (const [name, source] of Object.entries(PUBLIC_ENTRIES)) {
    const entry = name === "ringpool" ? "" : `/${name}`;
    expect(compilerOptions.paths[`ringpool${entry}`]).toEqual([`./${source}`]);
    expect(exports[`.${entry}`]).toEqual({
      require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
      types: `./dist/${name}.d.ts`,
      default: `./dist/${name}.js`,
    });
  }
});

describe("packing", () => {
  const filesOf = async (archive: string) => {
    const files = await new Bun.Archive(await Bun.file(archive).bytes()).files();
    return [...files.keys()].map((file) => file.replace(/^package\//, "")).sort();
  };

  test.skipIf(Bun.which("npm") === null)(
    "by npm gives what Bun's packing gives, from a clean checkout",
    async () => {
      const byBun = join(temporary, "bun.tgz");
      await rm(join(checkout, "dist"), { recursive: true, force: true });
      await runOrThrow(checkout, process.execPath, "pm", "pack", "--quiet", "--filename", byBun);
      await rm(join(checkout, "dist"), { recursive: true });
      await runOrThrow(checkout, "npm", "pack", "--pack-destination", temporary);
      const { version } = (await Bun.file(join(ROOT, "package.json")).json()) as {
        readonly version: string;
      };
      const files = await filesOf(join(temporary, `ringpool-${version}.tgz`));
      expect(files).toContain("dist/ringpool.js");
      expect(files).toEqual(await filesOf(byBun));
    },
  );

  test("leaves nothing for git to see", async () => {
    const { stdout, exitCode } = await run(
      ROOT,
      "git",
      "check-ignore",
      "dist/ringpool.js",
      "dist.1/x",
    );
    expect({ stdout, exitCode }).toEqual({ stdout: "dist/ringpool.js\ndist.1/x\n", exitCode: 0 });
  });
});
