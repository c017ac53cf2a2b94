import { describe, expect, expectTypeOf, test } from "bun:test";
import { pathToFileURL } from "node:url";
import { describeCallable, fromModule, isModuleCallable } from "../../src/callable/index.ts";
import type { ModuleCallable } from "../../src/callable/index.ts";
import { CallableError } from "../../src/errors.ts";
import { testMisuses, untyped } from "../misuse.ts";
import { add } from "../pool/fixtures/tasks.ts";
import { declared } from "./fixtures/exports.ts";

type Tasks = typeof import("./fixtures/exports.ts");
const url = new URL("./fixtures/not-there.ts", import.meta.url);

describe("fromModule", () => {
  test("describes an export of a module that the parent never loads", () => {
    const task = fromModule<typeof import("./fixtures/exports.ts")>(
      new URL("./fixtures/not-there.ts", import.meta.url),
      "declared",
    );
    expect(describeCallable(task)).toEqual({ kind: "export", url: url.href, name: "declared" });
    expect({ ...task }).toEqual({ url: url.href, name: "declared" });
    // @ts-expect-error: exported, and not a function
    fromModule<Tasks>(url, "notAFunction");
    // @ts-expect-error: exported, and a class
    fromModule<Tasks>(url, "AClass");
    // @ts-expect-error: not exported
    fromModule<Tasks>(url, "missing");
  });

  test("has the type of one function when the name is a second type argument, or a property", () => {
    const named = fromModule<Tasks, "generator">(url, "generator");
    expectTypeOf(named).toEqualTypeOf<ModuleCallable<Tasks["generator"]>>();
    const picked = fromModule<Tasks>(url).generator;
    expectTypeOf(picked).toEqualTypeOf<ModuleCallable<Tasks["generator"]>>();
    expect(describeCallable(picked)).toBe(describeCallable(named));
    // @ts-expect-error: exported, and not a function
    void fromModule<Tasks>(url).notAFunction;
  });

  test("has the types of all functions of the module when there is one type argument", () => {
    const task = fromModule<Tasks>(url, "generator");
    type Others = "notAFunction" | "AClass" | "assignedLate";
    expectTypeOf(task).toEqualTypeOf<ModuleCallable<Tasks[Exclude<keyof Tasks, Others>]>>();
    expect(task.name).toBe("generator");
  });

  test.each([
    ["a file's href", url.href, url.href],
    ["an absolute path", "/tmp/sp ace/#1 100%.ts", pathToFileURL("/tmp/sp ace/#1 100%.ts").href],
    ["a data URL", "data:text/javascript,export{}", "data:text/javascript,export{}"],
    ["a built-in module", "node:path", "node:path"],
    ["a resolved package", import.meta.resolve("bun:test"), "bun:test"],
  ])("takes %s", (_title, given, href) => {
    expect(fromModule<Tasks>(given, "declared").url).toBe(href);
  });

  test("returns what isModuleCallable tells from an object that only looks like it", () => {
    const task = fromModule<Tasks>(url, "declared");
    const others = [{ ...task }, Object.create(task), declared, url, undefined, null];
    expect([task, ...others].map(isModuleCallable)).toEqual([true, ...others.map(() => false)]);
  });
});

describe("fromModule refuses a reference", () => {
  const reference = (...args: unknown[]): unknown =>
    untyped<(...all: unknown[]) => unknown>(fromModule)(...args);
  testMisuses([
    ["of nothing", () => reference(), CallableError, /URL, href or absolute path: url=undefined$/],
    ["of null", () => reference(null, "a"), CallableError, /absolute path: url=/],
    ["of a number", () => reference(5, "a"), CallableError, /absolute path: url=5$/],
    [
      "of an object",
      () => reference({ href: "file:///a.ts" }, "a"),
      CallableError,
      /absolute path: url=/,
    ],
    [
      "of a relative path",
      () => reference("./tasks.ts", "a"),
      CallableError,
      /needs a base: new URL\("\.\/tasks\.ts", import\.meta\.url\).* url="\.\/tasks\.ts"$/,
    ],
    [
      "of a path relative to another folder",
      () => reference("../tasks.ts", "a"),
      CallableError,
      /needs a base.* url="\.\.\/tasks\.ts"$/,
    ],
    [
      "of a path that only looks absolute",
      () => reference("tasks.ts", "a"),
      CallableError,
      /import\.meta\.resolve\("tasks\.ts"\)/,
    ],
    [
      "of a package's name",
      () => reference("lodash", "a"),
      CallableError,
      /import\.meta\.resolve\("lodash"\)/,
    ],
    ["of empty text", () => reference("", "a"), CallableError, /absolute URL or path.*url=""$/],
    [
      "of an http URL",
      () => reference("http://a.example/b.ts", "a"),
      CallableError,
      /cannot import.* from http: URLs/,
    ],
    [
      "of an https URL object",
      () => reference(new URL("https://a.example/b.ts"), "a"),
      CallableError,
      /from https: URLs.* url=https:\/\/a\.example\/b\.ts$/,
    ],
    [
      "with an empty name",
      () => reference(url, ""),
      CallableError,
      /name of an export.*: name=""$/,
    ],
    [
      "with a number for a name",
      () => reference(url, 5),
      CallableError,
      /name of an export.*: name=5$/,
    ],
    ["with null for a name", () => reference(url, null), CallableError, /name of an export/],
    ["with a function for a name", () => reference(url, add), CallableError, /name of an export/],
    ["with a list of names", () => reference(url, ["a"]), CallableError, /name of an export/],
  ]);
});
