import { expect, test } from "bun:test";
import { WorkerLists, threadsOf } from "../../../src/pool/supervision/worker-lists.ts";
import type { WorkerRecord } from "../../../src/pool/supervision/worker-record.ts";

function record(name: string): WorkerRecord {
  return { thread: name } as unknown as WorkerRecord;
}

function listsOf(...all: string[]): { lists: WorkerLists; records: WorkerRecord[] } {
  const lists = new WorkerLists();
  const records = all.map(record);
  for (const each of records) lists.add(each);
  return { lists, records };
}

function names(records: readonly WorkerRecord[]): unknown[] {
  return records.map(({ thread }) => thread);
}

test("running workers are listed in the order of their starts, and a successor at the index of its predecessor", () => {
  const { lists, records } = listsOf("a", "b", "c");
  lists.replace(records[1] as WorkerRecord, record("d"));
  lists.add(record("e"));
  expect(names(lists.running)).toEqual(["a", "d", "c", "e"]);
});

test("a successor of a worker that is not listed any more is not listed either", () => {
  const { lists, records } = listsOf("a", "b");
  lists.removeRunning(records[0] as WorkerRecord);
  lists.replace(records[0] as WorkerRecord, record("c"));
  expect(names(lists.running)).toEqual(["b"]);
});

test("dismissed workers are listed in the order of their dismissals until they are joined", () => {
  const { lists, records } = listsOf("a", "b", "c");
  for (const each of records.toReversed()) lists.addDismissed(each);
  lists.removeDismissed([records[2] as WorkerRecord, record("of another pool")]);
  expect(names(lists.dismissed)).toEqual(["b", "a"]);
});

test("all running workers may become dismissed ones, behind those that were", () => {
  const { lists, records } = listsOf("a", "b", "c");
  lists.addDismissed(records[2] as WorkerRecord);
  lists.removeRunning(records[2] as WorkerRecord);
  lists.dismissAll();
  expect(names(lists.running)).toEqual([]);
  expect(names(lists.dismissed)).toEqual(["c", "a", "b"]);
});

test("each change makes a new array, and a loop over the old one goes on", () => {
  const { lists, records } = listsOf("a", "b", "c");
  const seen: unknown[] = [];
  for (const each of lists.running) {
    seen.push(each.thread);
    lists.removeRunning(each);
    lists.addDismissed(each);
  }
  for (const each of lists.dismissed) lists.removeDismissed([each]);
  expect(seen).toEqual(["a", "b", "c"]);
  expect(lists.running).toEqual([]);
  expect(lists.dismissed).toEqual([]);
  expect(records).toHaveLength(3);
});

test("the handles that users get cannot be changed", () => {
  const { lists } = listsOf("a", "b");
  const threads = threadsOf(lists.running);
  expect(threads as unknown).toEqual(["a", "b"]);
  expect(Object.isFrozen(threads)).toBe(true);
});
