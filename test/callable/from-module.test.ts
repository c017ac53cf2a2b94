import { describe, expect, expectTypeOf, test } from "bun:test";
import { pathToFileURL } from "node:url";
import { describeCallable, fromModule, isModuleCallable } from "../../src/callable/index.ts";
import type { ModuleCallable } from "../../src/callable/index.ts";
import { CallableError } from "../../src/errors.ts";
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

  test.each([
    ["./tasks.ts", /new URL\("\.\/tasks\.ts", import\.meta\.url\).* url="\.\/tasks\.ts"$/],
    ["../tasks.ts", /needs a base.* url="\.\.\/tasks\.ts"$/],
    ["a-package/tasks", /import\.meta\.resolve\("a-package\/tasks"\).* url="a-package\/tasks"$/],
    ["https://example.com/tasks.ts", /from https: URLs.* url=https:\/\/example\.com\/tasks\.ts$/],
    ["", /absolute URL or path.* url=""$/],
    [undefined, /url=undefined$/],
  ])("refuses %p", (given, message) => {
    expect(() => fromModule<Tasks>(given as string, "declared")).toThrow(CallableError);
    expect(() => fromModule<Tasks>(given as string, "declared")).toThrow(message);
  });

  test("returns what isModuleCallable tells from an object that only looks like it", () => {
    const task = fromModule<Tasks>(url, "declared");
    const others = [{ ...task }, Object.create(task), declared, url, undefined, null];
    expect([task, ...others].map(isModuleCallable)).toEqual([true, ...others.map(() => false)]);
  });

  test("refuses an empty name", () => {
    expect(() => fromModule<Tasks>(url, "" as "declared")).toThrow(/name=""$/);
  });
});
