import { expect, test } from "bun:test";
import { ThreadPool, WorkRequest } from "../../../src/index.ts";
import { add } from "../fixtures/tasks.ts";

test("workRequests is a Map of what is pending at the moment, which its user cannot change", () => {
  using pool = new ThreadPool(1, { delivery: "manual" });
  const delivered: unknown[] = [];
  const callback = (_: unknown, result: unknown): void => void delivered.push(result);
  const requests = ["one", "two"].map(
    (requestID, i) => new WorkRequest(add, [i, 1], {}, { requestID, callback }),
  );
  const pending = pool.workRequests as Map<unknown, WorkRequest>;
  expect(pending.size).toBe(0);
  for (const request of requests) pool.putRequest(request);
  expect(pool.workRequests).toBe(pending as never);
  expect(pending).toBeInstanceOf(Map);
  expect(pending.size).toBe(2);
  expect(pending.get("one")).toBe(requests[0]);
  expect([pending.has("two"), pending.has("three")]).toEqual([true, false]);
  const entries = [
    ["one", requests[0]],
    ["two", requests[1]],
  ];
  expect([...pending]).toEqual(entries as never);
  expect([...pending.entries()]).toEqual(entries as never);
  expect([...pending.keys()]).toEqual(["one", "two"]);
  expect([...pending.values()]).toEqual(requests);
  const seen: unknown[] = [];
  pending.forEach((request, requestID, map) => {
    seen.push([requestID, request]);
    expect(map).toBe(pending);
  });
  expect(seen).toEqual(entries);
  expect(Bun.inspect(pending)).toStartWith("Map(2) {");
  for (const change of [
    () => pending.set("three", requests[0] as WorkRequest),
    () => pending.delete("one"),
    () => pending.clear(),
  ]) {
    expect(change).toThrow(/^workRequests is read-only/);
  }
  pool.wait();
  expect(delivered).toEqual([1, 2]);
  expect(pending.size).toBe(0);
});
