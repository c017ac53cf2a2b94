import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LinkedList } from "../../src/pool/linked-list.ts";
import type { Linked } from "../../src/pool/linked-list.ts";

class Element implements Linked<Element> {
  readonly name: number;
  previous: Element | undefined = undefined;
  next: Element | undefined = undefined;

  constructor(name: number) {
    this.name = name;
  }
}

/** The names from the first element on, and from the last one back. */
function bothWays({ first, last }: LinkedList<Element>): [forwards: number[], backwards: number[]] {
  const forwards: number[] = [];
  const backwards: number[] = [];
  for (let element = first; element !== undefined; element = element.next)
    forwards.push(element.name);
  for (let element = last; element !== undefined; element = element.previous)
    backwards.push(element.name);
  return [forwards, backwards];
}

describe("a linked list", () => {
  test("is empty at first", () => {
    expect(bothWays(new LinkedList<Element>())).toEqual([[], []]);
  });

  test("has its elements in order, both ways, whatever was added at either end and removed from anywhere", () => {
    const moves = fc.array(
      fc.record({ move: fc.constantFrom("append", "prepend", "remove"), which: fc.nat() }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(moves, (list) => {
        const linked = new LinkedList<Element>();
        const model: Element[] = [];
        for (const [name, { move, which }] of list.entries()) {
          const element = new Element(name);
          if (move === "append") {
            linked.append(element);
            model.push(element);
          } else if (move === "prepend") {
            linked.prepend(element);
            model.unshift(element);
          } else if (model.length > 0) {
            const [gone] = model.splice(which % model.length, 1) as [Element];
            linked.remove(gone);
            expect([gone.previous, gone.next]).toEqual([undefined, undefined]);
          }
          const names = model.map((each) => each.name);
          expect(bothWays(linked)).toEqual([names, names.toReversed()]);
        }
      }),
    );
  });

  test("takes an element again that was removed", () => {
    const linked = new LinkedList<Element>();
    const [first, second] = [new Element(1), new Element(2)];
    linked.append(first);
    linked.append(second);
    linked.remove(first);
    linked.append(first);
    expect(bothWays(linked)).toEqual([
      [2, 1],
      [1, 2],
    ]);
  });
});
