/** The README lists what there is, and says nothing that a registry's page could not show. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as ringpool from "ringpool";
import * as worker from "ringpool/worker";
import manifest from "../../package.json" with { type: "json" };
import { thrownBy } from "../pool/rejection.ts";
import { ROOT } from "./pages.ts";

const readme = readFileSync(join(ROOT, "README.md"), "utf8");
/** The words of its code spans. */
const named = new Set(
  [...readme.matchAll(/`([^`\n]+)`/g)].flatMap(([, span]) => (span as string).match(/\w+/g) ?? []),
);
const missingIn = (names: Iterable<string>): string[] =>
  [...names].filter((name) => !named.has(name));

/** The names of what an object and its classes have, but the constructor. */
function membersOf(object: object): string[] {
  const names = new Set<string>();
  for (let one = object; one !== Object.prototype; one = Object.getPrototypeOf(one) as object)
    for (const name of Object.getOwnPropertyNames(one)) names.add(name);
  return [...names].filter((name) => name !== "constructor");
}

/** The options that a call knows: the error for an unknown one lists them. */
function optionsKnownBy(attempt: (options: object) => unknown): string[] {
  const error = thrownBy(() => attempt({ unknownOption: true })) as Error;
  const list = /it knows (.*): option=/.exec(error.message)?.[1] ?? "";
  const options = list.split(/, | and /);
  expect(options.length).toBeGreaterThan(1);
  return options;
}

describe("the README names", () => {
  test("everything that the package exports", () => {
    expect(missingIn([...Object.keys(ringpool), ...Object.keys(worker)])).toEqual([]);
  });

  test("every method of a pool", () => {
    const methods = membersOf(ringpool.ThreadPool.prototype);
    expect(methods.length).toBeGreaterThan(25);
    expect(missingIn(methods)).toEqual([]);
  });

  test("every member of taskContext and of a worker", () => {
    using pool = new ringpool.ThreadPool(1);
    const members = [worker.taskContext, pool.workers[0] as object].flatMap(membersOf);
    expect(members.length).toBeGreaterThan(10);
    expect(missingIn(members)).toEqual([]);
  });

  test("every option", () => {
    using pool = new ringpool.ThreadPool(1);
    const identity = (value: unknown): unknown => value;
    const items = [1];
    const calls: readonly ((options: object) => unknown)[] = [
      (options) => new ringpool.ThreadPool(1, options),
      (options) => pool.runSync(identity, [1], options),
      (options) => pool.mapSync(identity, items, options),
      (options) => pool.imapUnordered(identity, items, options),
      (options) => pool.stream(function* () {}, [], options),
    ];
    const options = new Set(calls.flatMap(optionsKnownBy));
    expect(options.size).toBeGreaterThan(30);
    expect(missingIn(options)).toEqual([]);
  });

  test("every event", () => {
    using pool = new ringpool.ThreadPool(1);
    const error = thrownBy(() => pool.on("unknown" as never, () => {})) as Error;
    const events = /it has (.*): event=/.exec(error.message)?.[1]?.split(/, | and /) ?? [];
    expect(events.length).toBeGreaterThan(5);
    expect(missingIn(events)).toEqual([]);
  });
});

test("the README has the two commands in both forms", () => {
  for (const script of ["demo", "test"]) {
    expect(readme).toContain(`\`bun run ${script}\``);
    expect(readme).toContain(`\`npx -y bun@${manifest.engines.bun.slice(2)} run ${script}\``);
  }
});

test("the README has one plot, and no table of figures", () => {
  expect([...readme.matchAll(/!\[/g)].length).toBe(1);
  const rows = readme
    .split("\n")
    .filter((line) => (line.match(/\d[\d,.]* ?(?:×|ns|us|µs|ms|MB)/g) ?? []).length > 1);
  expect(rows).toEqual([]);
});
