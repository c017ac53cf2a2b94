import { describe } from "bun:test";
import { CallableError, fromModule } from "../../src/index.ts";
import { testMisuses, untyped } from "../misuse.ts";
import { add } from "../pool/fixtures/tasks.ts";

describe("fromModule", () => {
  const reference = (...args: unknown[]): unknown =>
    untyped<(...all: unknown[]) => unknown>(fromModule)(...args);
  const url = new URL("file:///tasks.ts");
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
      /needs a base: new URL\("\.\/tasks\.ts", import\.meta\.url\)/,
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
      /from https: URLs/,
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
