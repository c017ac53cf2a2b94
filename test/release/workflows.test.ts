/** The workflow files: valid by the schema of GitHub, and they call the same scripts as everybody. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { validateWorkflow } from "@action-validator/core";
import { YAML } from "bun";

const root = join(import.meta.dir, "../..");

interface Job {
  readonly "runs-on"?: string;
  readonly strategy?: { readonly matrix: { readonly os: readonly string[] } };
  readonly steps?: readonly {
    readonly run?: string;
    readonly uses?: string;
    readonly with?: Readonly<Record<string, unknown>>;
  }[];
}

async function read(file: string): Promise<string> {
  return Bun.file(join(root, file)).text();
}

async function jobsOf(name: string): Promise<Readonly<Record<string, Job>>> {
  return (YAML.parse(await read(`.github/workflows/${name}`)) as { jobs: Record<string, Job> })
    .jobs;
}

function commandsOf({ steps = [] }: Job): string[] {
  return steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
}

const NAMES = [...new Bun.Glob("*.yml").scanSync({ cwd: join(root, ".github/workflows") })].sort();

test("there is a workflow for every change, and one for a release", () => {
  expect(NAMES).toEqual(["ci.yml", "release.yml"]);
});

describe.each(NAMES)("%s", (name) => {
  test("is valid by the schema", async () => {
    expect(validateWorkflow(await read(`.github/workflows/${name}`)).errors).toEqual([]);
  });

  test("runs scripts that package.json has, and files that exist", async () => {
    const { scripts } = JSON.parse(await read("package.json")) as { scripts: object };
    const commands = Object.values(await jobsOf(name)).flatMap(commandsOf);
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const [, script] = /^bun run (\S+)/.exec(command) ?? [];
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
      else expect(command).toMatch(/ \.ci\/run$|^bun pm pack /);
    }
  });

  test("has the Bun that .ci/run brings", async () => {
    const [, version] = /BUN_VERSION=(\S+)/.exec(await read(".ci/run")) ?? [];
    const steps = Object.values(await jobsOf(name)).flatMap((job) => job.steps ?? []);
    const versions = steps
      .filter(({ uses }) => uses?.startsWith("oven-sh/setup-bun@"))
      .map((step) => step.with?.["bun-version"]);
    expect(versions.length).toBeGreaterThan(0);
    expect([...new Set(versions)]).toEqual([version]);
  });
});

test("Linux calls .ci/run; macOS and Windows run the checks and tests that it runs", async () => {
  const { linux, others } = await jobsOf("ci.yml");
  expect(linux?.["runs-on"]).toBe("ubuntu-latest");
  expect(commandsOf(linux as Job)).toEqual([expect.stringMatching(/\.ci\/run$/)]);
  expect(others?.strategy?.matrix.os).toEqual(["macos-latest", "windows-latest"]);
  const script = await read(".ci/run");
  const inScript = [...script.matchAll(/^(?:bun run|run_tests) (check|test(?::dist)?)\b/gm)];
  expect(commandsOf(others as Job)).toEqual(inScript.map(([, name]) => `bun run ${name}`));
});

test("the validator refuses a workflow with a mistake", () => {
  const mistaken =
    "on: push\njobs:\n  a:\n    needs: b\n    runs-on: x\n    steps: [{ run: ls }]\n";
  expect(validateWorkflow(mistaken).errors).toEqual([
    expect.objectContaining({ code: "unresolved_job" }),
  ]);
});
