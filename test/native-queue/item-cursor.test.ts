import { describe, expect, test } from "bun:test";
import {
  ITEMS_INLINE_BYTES,
  INLINE_BYTES,
  QueueViews,
  beginItem,
  clearItems,
  createQueueMemory,
  itemsBegun,
  takeRest,
} from "../../native-queue/index.ts";

const TASK = 3;

function newViews(): QueueViews {
  return new QueueViews(createQueueMemory(8, 256));
}

describe("the item cursor of a task", () => {
  test("gives its worker one item after the other", () => {
    const views = newViews();
    expect(itemsBegun(views, TASK)).toBe(0);
    expect([beginItem(views, TASK), beginItem(views, TASK)]).toEqual([0, 1]);
    expect(itemsBegun(views, TASK)).toBe(2);
    expect(itemsBegun(views, TASK + 1)).toBe(0);
  });

  test("gives the parent what is not begun, once", () => {
    const views = newViews();
    beginItem(views, TASK);
    expect(takeRest(views, TASK, 5)).toBe(1);
    expect(takeRest(views, TASK, 5)).toBe(5);
    expect(beginItem(views, TASK)).toBe(5);
    expect(takeRest(views, TASK, 5)).toBe(5);
  });

  test("gives the parent nothing when all are begun", () => {
    const views = newViews();
    for (let item = 0; item < 3; item++) beginItem(views, TASK);
    expect(takeRest(views, TASK, 2)).toBe(2);
  });

  test("begins anew in the next use of the task", () => {
    const views = newViews();
    takeRest(views, TASK, 9);
    clearItems(views, TASK);
    expect(beginItem(views, TASK)).toBe(0);
  });

  test("lies behind the inline payload of such a task, and in no other task", () => {
    const views = newViews();
    const first = views.inline(TASK);
    beginItem(views, TASK);
    const inline = views.taskBytes.subarray(first, first + ITEMS_INLINE_BYTES);
    expect(inline.every((byte) => byte === 0)).toBe(true);
    const all = views.taskBytes.subarray(first, first + INLINE_BYTES);
    expect(all.some((byte) => byte !== 0)).toBe(true);
  });
});
