/** The files of `examples/cluster` that no program of this repository reads, checked by the tools that read them elsewhere. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dir, "../../examples/cluster");
const hasCompose =
  Bun.which("docker") !== null &&
  Bun.spawnSync(["docker", "compose", "version"], { stderr: "ignore" }).exitCode === 0;

function run(command: readonly string[], env: Record<string, string> = {}): string {
  const { exitCode, stderr } = Bun.spawnSync([...command], {
    cwd: folder,
    env: { ...process.env, ...env },
  });
  return exitCode === 0 ? "" : `exitCode=${exitCode} ${stderr.toString()}`;
}

test.skipIf(Bun.which("systemd-analyze") === null)(
  "systemd accepts the units (skipped without systemd-analyze: apt-get install systemd)",
  () => {
    const units = ["ringpool-machine.service", "ringpool-redis.service"];
    const { stderr } = Bun.spawnSync(["systemd-analyze", "verify", ...units], { cwd: folder });
    // It also looks for the programs, which are not installed here.
    const objections = stderr
      .toString()
      .split("\n")
      .filter((line) => line !== "" && !/is not executable: No such file/.test(line));
    expect(objections).toEqual([]);
  },
);

test.skipIf(!hasCompose)("docker accepts the compose file (skipped without docker compose)", () => {
  expect(run(["docker", "compose", "config", "--quiet"], { REDIS_PASSWORD: "x" })).toBe("");
});

interface Compose {
  readonly services: Readonly<
    Record<string, { readonly environment: Readonly<Record<string, string>> }>
  >;
}

test("the compose file has no password in it, and gives each service one", async () => {
  const text = await Bun.file(join(folder, "compose.yaml")).text();
  const { services } = Bun.YAML.parse(text) as Compose;
  expect(Object.keys(services)).toEqual(["redis", "machine"]);
  for (const { environment } of Object.values(services))
    expect(Object.values(environment).join(" ")).toContain("${REDIS_PASSWORD:?");
});

test("the settings of Redis are those that a cluster needs", async () => {
  const text = await Bun.file(join(folder, "redis.conf")).text();
  expect(text).toMatch(/^appendonly yes$/m);
  expect(text).toMatch(/^maxmemory-policy noeviction$/m);
  expect(text).toMatch(/^pidfile /m);
});

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: {
      readonly h: number;
      readonly w: number;
      readonly x: number;
      readonly y: number;
    };
    readonly targets: readonly { readonly expr: string; readonly refId: string }[];
  }[];
}

describe("the dashboard of Grafana", () => {
  const text = readFileSync(join(folder, "grafana-dashboard.json"), "utf8");
  const { panels } = JSON.parse(text) as Dashboard;

  test("has panels that do not overlap, each with an id of its own", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: h * w }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });

  test.skipIf(Bun.which("promtool") === null)(
    "has expressions that Prometheus parses (skipped without promtool: apt-get install prometheus)",
    async () => {
      const expressions = panels
        .flatMap(({ targets }) => targets.map(({ expr }) => expr))
        .map((expr) => expr.replaceAll("$__rate_interval", "5m"));
      const rules = expressions.map((expr, at) => ({ record: `a:rule:${at}`, expr }));
      const file = join(process.env["TMPDIR"] ?? "/tmp", `ringpool-rules-${process.pid}.yaml`);
      await Bun.write(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
      expect(run(["promtool", "check", "rules", file])).toBe("");
      await Bun.file(file).delete();
    },
  );
});
