/**
 * The page about troubleshooting has an entry for each error class and for each message of the sources that a user can
 * get to read.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { parseSync } from "oxc-parser";
import * as ringpool from "ringpool";
import { ROOT } from "./pages.ts";

const page = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8");

/** Without what the page adds for its looks: code spans, line breaks. */
const plain = (text: string): string => text.replaceAll("`", "").replaceAll(/\s+/g, " ");
const plainPage = plain(page);

/** What the values of a message are, in this test. */
const HOLE = "\0";

/** Texts in the sources that are no messages to a user, by a part of them. */
const NO_MESSAGES: readonly (readonly [part: string, why: string])[] = [
  ['import("', "code for the engine"],
  ["export default", "code for the engine"],
  ["import * as exports from", "code for the engine"],
  ['"use strict"', "code for the engine"],
  ["() => class { field", "code for the engine"],
  ["break case catch", "words of the language"],
  ["return if else", "words of the language"],
  ["arguments async await", "words of the language"],
  ["undefined NaN Infinity", "words of the language"],
  ["addEventListener removeEventListener", "names of globals"],
  ["Object Array Function", "names of globals"],
  ["The function is not to run.", "caught where it is thrown"],
  ["ringpool: the exports of the main module", "a name of a module"],
  ["<WorkRequest id=", "a request as a text"],
  ["put here, or later in the same burst", "a line of a stack"],
  ["a value that cannot be described", "stands for a value in a message"],
  ["at module code (", "a line of a stack"],
  ["a worker of a ringpool", "a mark of a worker"],
  ["a view of an unknown kind", "of damaged bytes"],
  ["a view without a buffer", "of damaged bytes"],
  ["a view that lies outside its buffer", "of damaged bytes"],
  ["These bytes box", "of damaged bytes"],
  ["the pool is created", "a line of RINGPOOL_DEBUG"],
  ["using waits for what is pending", "a line of RINGPOOL_DEBUG"],
  ["the pool was forgotten", "a line of RINGPOOL_DEBUG"],
  ["the time of close() is over", "a line of RINGPOOL_DEBUG"],
  ["the pool cannot go on", "a line of RINGPOOL_DEBUG"],
  ["close() waits for what is pending", "a line of RINGPOOL_DEBUG"],
  ["[ringpool +", "a line of RINGPOOL_DEBUG"],
  ["in the thread of its caller", "a line of RINGPOOL_DEBUG"],
  [" ms, ran ", "a line of RINGPOOL_DEBUG"],
  [" without a complete run", "a line of RINGPOOL_DEBUG"],
  ["deaths before it=", "a line of RINGPOOL_DEBUG"],
  ["retires: a run in it does not stop", "a line of RINGPOOL_DEBUG"],
  ["is recycled: it has reached a limit", "a line of RINGPOOL_DEBUG"],
  [" ms after its start", "a line of RINGPOOL_DEBUG"],
];

/** Rooms whose messages are about bytes that no encoder has written: one entry, "These bytes … are corrupt", is for all. */
const OF_BYTES =
  /^(?:src\/codec\/(?:columns\/|.*-readers?\.ts|byte-.*|buffer-reader\.ts|bare-bytes\.ts|decoder\.ts|decoding-error\.ts|error-codec\.ts)|src\/protocol\/out-of-band\.ts)/;

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** The text of a string, of a template or of a sum of these, with holes; undefined for any other expression. */
function textOf(node: Node): string | undefined {
  if (node.type === "Literal") return typeof node["value"] === "string" ? node["value"] : undefined;
  if (node.type === "TemplateLiteral")
    return (node["quasis"] as { value: { cooked: string } }[])
      .map(({ value }) => value.cooked)
      .join(HOLE);
  if (node.type !== "BinaryExpression" || node["operator"] !== "+") return undefined;
  const parts = [textOf(node["left"] as Node), textOf(node["right"] as Node)];
  return parts.every((part) => part === undefined)
    ? undefined
    : parts.map((part) => part ?? HOLE).join("");
}

/** All texts of a syntax tree that read like a sentence. */
function* sentencesIn(node: unknown): Generator<string> {
  if (typeof node !== "object" || node === null) return;
  const text = "type" in node ? textOf(node as Node) : undefined;
  if (text !== undefined) {
    if (text.length > 20 && text.split(" ").length > 4) yield text;
    return;
  }
  for (const child of Object.values(node)) yield* sentencesIn(child);
}

/** The longest part of a message that is the same for all values, and what stands after a colon is a value. */
function core(message: string): string {
  const parts = plain(message)
    .split(HOLE)
    .map((part) => part.replace(/[:.;]? ?\w+=(?:NaN)?$/, "").replaceAll(/^[;:., ]+|[;: ]+$/g, ""));
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), "");
}

function messagesOf(source: string, file = "one.ts"): string[] {
  return [...sentencesIn(parseSync(file, source).program)].filter(
    (message) => !NO_MESSAGES.some(([part]) => message.includes(part)),
  );
}

/** The messages without an entry. */
function missingIn(messages: readonly string[]): string[] {
  // A long message is cut after its first sentences in the page, where the entry has the rest.
  return [...new Set(messages.map(core))].filter(
    (message) => message.split(" ").length > 1 && !plainPage.includes(message.slice(0, 60).trim()),
  );
}

const files = [...new Glob("src/**/*.ts").scanSync(ROOT)]
  .filter((file) =>
    /^src\/(?:(?:callable|codec|collections|pool|protocol|runtime|worker)\/|needs-bun|build\/index)/.test(
      file,
    ),
  )
  .sort();

test("each error class of the package has an entry", () => {
  const classes = Object.entries(ringpool)
    .filter(([, it]) => typeof it === "function" && it.prototype instanceof Error)
    .map(([name]) => name);
  expect(classes.length).toBeGreaterThan(8);
  const headings = new Set([...page.matchAll(/^### (\w+)$/gm)].map(([, heading]) => heading));
  expect(classes.filter((name) => !headings.has(name))).toEqual([]);
});

test.each(files.filter((file) => !OF_BYTES.test(file)))(
  "the messages of %s have entries",
  (file) => {
    expect(missingIn(messagesOf(readFileSync(join(ROOT, file), "utf8"), file))).toEqual([]);
  },
);

test("each text that is said to be no message is there", () => {
  const all = files.map((file) => readFileSync(join(ROOT, file), "utf8")).join("\n");
  expect(
    NO_MESSAGES.filter(
      ([part]) => !all.includes(part) && !all.includes(part.replaceAll('"', '\\"')),
    ),
  ).toEqual([]);
});

test("each entry has a cause and says what to write", () => {
  const entries = page.slice(page.indexOf("## The error classes")).split(/^### /m).slice(1);
  expect(entries.length).toBeGreaterThan(40);
  const poor = entries.filter(
    (entry) =>
      !/\*\*Cause|```ts fails/.test(entry) ||
      !/\*\*What to write|\*\*Cause and fix|\| what to write \|/.test(entry),
  );
  expect(poor.map((entry) => entry.split("\n")[0])).toEqual([]);
});

describe("the search for messages", () => {
  test("finds strings, templates and sums, and misses their values", () => {
    const found = messagesOf(
      'throw new Error("There is no such thing here: " + `thing=${thing}`); const a = "short";',
    );
    expect(found).toEqual([`There is no such thing here: thing=${HOLE}`]);
    expect(core(found[0] as string)).toBe("There is no such thing here");
  });

  test("objects to a message without an entry", () => {
    expect(missingIn([`This has surely no entry at all: x=${HOLE}`])).toEqual([
      "This has surely no entry at all",
    ]);
  });
});
