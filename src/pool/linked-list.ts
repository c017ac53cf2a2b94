/** An element of a `LinkedList`. The list keeps the neighbours; nothing else writes them. */
export interface Linked<T> {
  previous: T | undefined;
  next: T | undefined;
}

/**
 * A doubly linked list whose elements hold their own neighbours, so that adding and removing one allocates
 * nothing and costs two pointer changes. An element is in one list at a time.
 */
export class LinkedList<T extends Linked<T>> {
  first: T | undefined = undefined;
  last: T | undefined = undefined;

  append(element: T): void {
    element.previous = this.last;
    if (this.last === undefined) this.first = element;
    else this.last.next = element;
    this.last = element;
  }

  prepend(element: T): void {
    element.next = this.first;
    if (this.first === undefined) this.last = element;
    else this.first.previous = element;
    this.first = element;
  }

  /** Removes an element of this list. It keeps no reference to its neighbours, so it does not keep them alive. */
  remove(element: T): void {
    const { previous, next } = element;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    element.previous = undefined;
    element.next = undefined;
  }
}
