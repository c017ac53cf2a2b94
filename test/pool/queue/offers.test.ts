import { describe, expect, test } from "bun:test";
import { NO_BYTES } from "../../../src/protocol/index.ts";
import { OfferEntry, Offers } from "../../../src/pool/queue/offers.ts";
import type { TaskTable } from "../../../src/pool/queue/task-table.ts";
import { NOWHERE } from "../../../src/pool/request/pending-request.ts";
import type { PendingRequest } from "../../../src/pool/request/pending-request.ts";

const ARRIVAL = { length: 0, areNumbers: false };

/** Tasks that take what is published, as long as there are some. */
function tasksOf(count: number): TaskTable & { readonly published: PendingRequest[] } {
  const published: PendingRequest[] = [];
  const tasks = {
    published,
    get hasRoomForOffer() {
      return published.length < count;
    },
    publish(pending: PendingRequest) {
      published.push(pending);
      pending.location = published.length;
    },
  };
  return tasks as unknown as TaskTable & { readonly published: PendingRequest[] };
}

function requestFor(slot: number): PendingRequest {
  return { control: { onlySlot: slot }, location: NOWHERE } as unknown as PendingRequest;
}

describe("the requests for given workers", () => {
  test("have one task for each worker at a time, in the order in which they were put", () => {
    const tasks = tasksOf(100);
    const offers = new Offers(tasks);
    const [a1, a2, b1] = [requestFor(0), requestFor(0), requestFor(1)];
    for (const pending of [a1, a2, b1]) offers.add(pending, NO_BYTES, ARRIVAL);
    offers.refill();
    offers.refill();
    expect(tasks.published).toEqual([a1, b1]);
    expect(a2.location).toBeInstanceOf(OfferEntry);
    a1.location = NOWHERE;
    offers.refill();
    expect(tasks.published).toEqual([a1, b1, a2]);
  });

  test("wait while no task is free", () => {
    const tasks = tasksOf(1);
    const offers = new Offers(tasks);
    const [a, b] = [requestFor(0), requestFor(1)];
    for (const pending of [a, b]) offers.add(pending, NO_BYTES, ARRIVAL);
    offers.refill();
    expect(tasks.published).toEqual([a]);
    tasks.published.pop();
    offers.refill();
    expect(tasks.published).toEqual([b]);
  });

  test("are all given back when their worker takes no more, and a withdrawn one is not", () => {
    const offers = new Offers(tasksOf(100));
    const [a1, a2, a3, b] = [requestFor(0), requestFor(0), requestFor(0), requestFor(1)];
    for (const pending of [a1, a2, a3, b]) offers.add(pending, NO_BYTES, ARRIVAL);
    offers.refill();
    offers.remove(a2.location as OfferEntry);
    expect(a2.location).toBe(NOWHERE);
    expect(offers.takeAll(0)).toEqual([a1, a3]);
    expect(offers.takeAll(0)).toEqual([]);
    expect(offers.takeAll(7)).toEqual([]);
  });
});
