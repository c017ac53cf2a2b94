import { describe, expect, test } from "bun:test";
import { WorkRequest } from "../../../src/index.ts";
import { CallbackRequest, PromiseRequest } from "../../../src/pool/request/pending-request.ts";
import type { PendingRequest } from "../../../src/pool/request/pending-request.ts";
import { PendingList } from "../../../src/pool/request/pending-list.ts";
import type { RequestID } from "../../../src/protocol/index.ts";

function work(requestID?: RequestID): WorkRequest {
  return new WorkRequest(() => 1, [], {}, { requestID });
}

function pendingOf(request: WorkRequest): PendingRequest {
  return new CallbackRequest(request, 0);
}

function listOf(...requests: WorkRequest[]): { list: PendingList; pending: PendingRequest[] } {
  const list = new PendingList();
  const pending = requests.map(pendingOf);
  for (const each of pending) list.add(each);
  return { list, pending };
}

describe("a list of pending requests", () => {
  test("has them in the order of the puts, whichever are removed", () => {
    const { list, pending } = listOf(work(), work(), work(), work());
    list.remove(pending[2] as PendingRequest);
    list.remove(pending[0] as PendingRequest);
    list.add(pending[0] as PendingRequest);
    expect(list.snapshot()).toEqual([pending[1], pending[3], pending[0]] as PendingRequest[]);
    expect(list.size).toBe(3);
  });

  test("does not change an array that it has given out", () => {
    const { list, pending } = listOf(work(), work());
    const before = list.snapshot();
    for (const each of before) list.remove(each);
    expect(before).toEqual(pending);
    expect(list.snapshot()).toEqual([]);
  });

  test("finds the first that is wanted", () => {
    const { list, pending } = listOf(work(), work(), work());
    expect(list.find((each) => each !== pending[0])).toBe(pending[1]);
    expect(list.find(() => false)).toBeUndefined();
  });
});

describe("a request is found by its requestID", () => {
  test.each<[string, RequestID]>([
    ["a text", "job"],
    ["a number", -7.5],
    ["NaN", NaN],
    ["a bigint", 7n],
    ["a symbol", Symbol("job")],
  ])("that is %s, until it is removed", (_, requestID) => {
    const request = work(requestID);
    const { list, pending } = listOf(work(), request);
    expect(list.get(requestID)).toBe(request);
    list.remove(pending[1] as PendingRequest);
    expect(list.get(requestID)).toBeUndefined();
  });

  test("also when it was added after the first look", () => {
    const { list } = listOf(work("a"));
    list.get("a");
    const later = work("b");
    list.add(pendingOf(later));
    expect(list.get("b")).toBe(later);
  });

  test("that run has given it", () => {
    const list = new PendingList();
    const pending = new PromiseRequest(() => 1, [], 0, undefined);
    list.add(pending);
    expect(list.get(pending.requestID)).toBe(pending.request);
  });
});

describe("a duplicate is", () => {
  test("a request with the requestID of a pending one", () => {
    const { list, pending } = listOf(work("a"), work(5e8));
    expect(list.hasDuplicate(work("a"))).toBe(true);
    expect(list.hasDuplicate(work(5e8))).toBe(true);
    expect(list.hasDuplicate(work("b"))).toBe(false);
    list.remove(pending[0] as PendingRequest);
    expect(list.hasDuplicate(work("a"))).toBe(false);
  });

  test("no request without a requestID of its own, before and after the first look", () => {
    const { list } = listOf(work(), work("a"));
    expect(list.hasDuplicate(work())).toBe(false);
    list.get("a");
    expect(list.hasDuplicate(work())).toBe(false);
  });

  test("a request whose own requestID an earlier one has been given", () => {
    const automatic = work();
    const { list } = listOf(automatic);
    expect(list.hasDuplicate(work(automatic.requestID))).toBe(true);
  });
});
