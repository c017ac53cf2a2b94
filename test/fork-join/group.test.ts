/** What a collection of children says of itself: the figures of a range that another worker has taken come from there. */
import { expect, test } from "bun:test";
import { childCallable } from "../../src/fork-join/callables.ts";
import { Group } from "../../src/fork-join/group.ts";
import { itemsOfList } from "../../src/fork-join/items.ts";
import { Root } from "../../src/fork-join/tree.ts";
import type { Child } from "../../src/fork-join/tree.ts";
import { taskContext } from "../../src/protocol/index.ts";
import { square } from "./fixtures/trees.ts";

function groupOf(items: readonly unknown[]): Group {
  const root = new Root(taskContext, undefined, undefined);
  return new Group(root, childCallable(square), itemsOfList(items), {
    signal: undefined,
    carry: undefined,
  });
}

test("items count as begun when they begin in this thread, not when they are taken for another one or withdrawn", () => {
  const group = groupOf([1, 2, 3]);
  const offered = group.takeToOffer() as Child;
  const withdrawn = group.takeOldest() as Child;
  const own = group.takeOldest() as Child;
  expect(group.begun).toBe(0);
  own.begin();
  expect(group.begun).toBe(1);
  withdrawn.settle(false, new RangeError("withdrawn"));
  offered.end(false, new RangeError("failed elsewhere"));
  expect(group.hasFailedHere).toBe(false);
  own.end(false, new RangeError("failed here"));
  expect(group.hasFailedHere).toBe(true);
  expect(group.begun).toBe(1);
});
