/** Ways to get the shipped queue wrong: one change of one file each. Every one of them must be noticed. */
import type { Mutation } from "../shipped/machine/load-queue.ts";

export interface Mutant extends Mutation {
  /** What is wrong, in a few words. */
  readonly what: string;
}

const requestRing: readonly Omit<Mutant, "file">[] = [
  {
    what: "claim: the CAS on the state is a load and a store",
    text: "Atomics.compareExchange(words, word, expected, packClaimed(head, worker)) === expected;",
    replacement:
      "Atomics.load(words, word) === expected && Atomics.store(words, word, packClaimed(head, worker)) !== -1;",
  },
  {
    what: "claim: only the winner moves the head on",
    text: "Atomics.compareExchange(words, HEAD, head, next(head));\n    if (won) return task;",
    replacement:
      "if (won) Atomics.compareExchange(words, HEAD, head, next(head));\n    if (won) return task;",
  },
  {
    what: "claim: the head is stored, not swapped, and goes back",
    text: "Atomics.compareExchange(words, HEAD, head, next(head));\n    if (won) return task;",
    replacement: "Atomics.store(words, HEAD, next(head));\n    if (won) return task;",
  },
  {
    what: "claim: no second look at the head before EMPTY",
    text: "if (Atomics.load(words, HEAD) === head) return EMPTY;",
    replacement: "return EMPTY;",
  },
  {
    what: "claim: the lap of the entry is not compared",
    text: "if (entry >>> taskBits !== head >>> lapShift) {\n      if",
    replacement: "if (entry === -1) {\n      if",
  },
  {
    what: "put: the entry carries the lap before",
    text: "((tail >>> lapShift) << taskBits) | task",
    replacement: "(((tail >>> lapShift) - 1) << taskBits) | task",
  },
  {
    what: "put: the entry is stored before the state",
    text: "Atomics.store(words, this.#views.task(task) + TASK_STATE, packReady(tail));",
    replacement:
      "Atomics.store(words, ready + (tail & readyMask), ((tail >>> lapShift) << taskBits) | task);\n    Atomics.store(words, this.#views.task(task) + TASK_STATE, packReady(tail));",
  },
  {
    what: "put: the entry is a plain store",
    text: "Atomics.store(words, ready + (tail & readyMask), ((tail >>> lapShift) << taskBits) | task);",
    replacement: "words[ready + (tail & readyMask)] = ((tail >>> lapShift) << taskBits) | task;",
  },
  {
    what: "hasRoom: one entry too many",
    text: "< this.#ringSize || this",
    replacement: "<= this.#ringSize || this",
  },
  {
    what: "hasRoom: stale entries are not passed",
    text: " || this.#hasRoomAfterHelping();",
    replacement: ";",
  },
  {
    what: "hasRoom: requests that wait are passed too",
    text: "if (Atomics.load(words, this.#views.task(task) + TASK_STATE) === packReady(head)) {",
    replacement: "if (tagOf(Atomics.load(words, this.#views.task(task) + TASK_STATE)) === 3) {",
  },
  {
    what: "cancel: the CAS is a load and a store",
    text: "if (Atomics.compareExchange(this.#views.words, word, expected, packFree(position)) !== expected)\n      return false;",
    replacement:
      "if (Atomics.load(this.#views.words, word) !== expected) return false;\n    Atomics.store(this.#views.words, word, packFree(position));",
  },
  {
    what: "recovery: tasks that are not in use are found too",
    text: "if (this.#isInUse[task] === 0) continue;",
    replacement: "",
  },
  {
    what: "recovery: the owner is not compared",
    text: "tagOf(state) === TAG_CLAIMED && ownerOf(state) === worker",
    replacement: "tagOf(state) === TAG_CLAIMED",
  },
  {
    what: "mayBeClaimedBy: the request at the head is not to be claimed any more",
    text: "Atomics.load(views.words, HEAD)) <= 0;",
    replacement: "Atomics.load(views.words, HEAD)) < 0;",
  },
  {
    what: "hasWork: the lap of the entry is not compared",
    text: "if (entry >>> views.taskBits === head >>> views.lapShift) return true;",
    replacement: "if (entry !== -1) return true;",
  },
];

const taskState: readonly Omit<Mutant, "file">[] = [
  {
    what: "state: READY does not name the position",
    text: "return (position << GENERATION_SHIFT) | TAG_READY;",
    replacement: "return TAG_READY;",
  },
  {
    what: "state: CLAIMED does not name the owner",
    text: "(position << GENERATION_SHIFT) | (worker << OWNER_SHIFT) | TAG_CLAIMED",
    replacement: "(position << GENERATION_SHIFT) | TAG_CLAIMED",
  },
];

const gate: readonly Omit<Mutant, "file">[] = [
  {
    what: "gate: a worker looks at it and does not move it when it comes to the queue",
    text: "Atomics.compareExchange(words, gate, OPEN, AT_QUEUE) !== OPEN",
    replacement: "Atomics.load(words, gate) !== OPEN",
  },
  {
    what: "gate: a killed worker comes to the queue",
    text: "if (Atomics.compareExchange(words, gate, DISMISSED, DISMISSED_AT_QUEUE) !== DISMISSED)\n",
    replacement:
      "if (Atomics.compareExchange(words, gate, DISMISSED, DISMISSED_AT_QUEUE) < DISMISSED)\n",
  },
  {
    what: "gate: a dismissed worker is shut out, whatever it has to publish",
    text: "if (Atomics.compareExchange(words, gate, DISMISSED, DISMISSED_AT_QUEUE) !== DISMISSED)\n",
    replacement: "",
  },
  {
    what: "gate: a dismissed worker does not notice that it is",
    text: "        return false;\n      this.#isDismissed = true;",
    replacement: "        return false;",
  },
  {
    what: "gate: a dismissed worker claims on",
    text: "return this.tryEnter() && !this.#isDismissed;",
    replacement: "return this.tryEnter();",
  },
  {
    what: "gate: the worker that leaves opens it, whatever the parent wants",
    text: "const seen = Atomics.compareExchange(words, gate, inside, outside);",
    replacement: "Atomics.store(words, gate, outside);\n    const seen = inside;",
  },
  {
    what: "gate: the worker that leaves does not wake the parent that waits for it",
    text: "Atomics.notify(words, gate);",
    replacement: "",
  },
  {
    what: "gate: a claim that has only passed cancelled requests wakes nobody",
    text: "if (this.#wakesForClaims) wakeParentForClaim(this.views);",
    replacement: "if (this.#wakesForClaims && task >= 0) wakeParentForClaim(this.views);",
  },
  {
    what: "gate: moved without waiting for the worker to leave",
    text: "while (Atomics.load(words, gate) === awaited) Atomics.wait(words, gate, awaited);",
    replacement: "",
  },
  {
    what: "gate: moved by a store",
    text: "if (Atomics.compareExchange(words, gate, seen, isAtQueue ? awaited : to) !== seen) continue;",
    replacement: "Atomics.store(words, gate, isAtQueue ? awaited : to);",
  },
  {
    what: "gate: moved while the worker is at the queue, as if it were not",
    text: "const isAtQueue = seen === AT_QUEUE || seen === DISMISSED_AT_QUEUE;",
    replacement: "const isAtQueue = seen === DISMISSED_AT_QUEUE;",
  },
  {
    what: "gate: a worker that starts opens it by a store",
    text: "Atomics.compareExchange(views.words, gateWord(worker), STARTING, OPEN);",
    replacement: "Atomics.store(views.words, gateWord(worker), OPEN);",
  },
  {
    what: "end: announced before the exit code is written",
    text: "Atomics.store(words, exitCodeWord(worker), exitCode);\n    if (Atomics.compareExchange(words, gate, seen, ENDED) === seen) break;\n  }",
    replacement:
      "if (Atomics.compareExchange(words, gate, seen, ENDED) === seen) break;\n  }\n  Atomics.store(words, exitCodeWord(worker), exitCode);",
  },
  {
    what: "end: counted before it is announced",
    text: "    if (Atomics.compareExchange(words, gate, seen, ENDED) === seen) break;\n  }\n  Atomics.add(words, ENDS_ANNOUNCED, 1);",
    replacement:
      "    Atomics.add(words, ENDS_ANNOUNCED, 1);\n    if (Atomics.compareExchange(words, gate, seen, ENDED) === seen) break;\n  }",
  },
  {
    what: "end: the parent is not woken for it",
    text: "  bumpEpoch(views);\n}",
    replacement: "}",
  },
];

const layout: readonly Omit<Mutant, "file">[] = [
  {
    what: "a successor finds its predecessor's gate",
    text: "    readyWord(worker),\n    gateWord(worker),\n",
    replacement: "    readyWord(worker),\n",
  },
];

const parker: readonly Omit<Mutant, "file">[] = [
  {
    what: "sets: a worker moves by a store",
    text: "if (Atomics.compareExchange(views.words, word, before, after) === before) return before;",
    replacement: "Atomics.store(views.words, word, after);\n    return before;",
  },
  {
    what: "sets: the bit of the place before is not cleared",
    text: "const after = (before & ~own) | bits;",
    replacement: "const after = before | bits;",
  },
  {
    what: "sets: only a worker that leaves the spin set hands the search on",
    text: "return (before & own) !== 0 && !isAnybodySpinning(views);",
    replacement:
      "return (before & (idleBit(worker) << SPIN_SHIFT)) !== 0 && !isAnybodySpinning(views);",
  },
  {
    what: "sets: nobody hands the search on (no chain wake)",
    text: "return (before & own) !== 0 && !isAnybodySpinning(views);",
    replacement: "return before === own + 1;",
  },
  {
    what: "wake: the idle worker's bit is taken by a store",
    text: "if (Atomics.compareExchange(words, SLEEP + i, before, after) === before) {",
    replacement: "if (Atomics.store(words, SLEEP + i, after) === after) {",
  },
  {
    what: "unpark: notifies before it adds",
    text: "Atomics.add(views.words, parkWord(worker), 1);\n  Atomics.notify(views.words, parkWord(worker));",
    replacement:
      "Atomics.notify(views.words, parkWord(worker));\n  Atomics.add(views.words, parkWord(worker), 1);",
  },
  {
    what: "unpark: the park counter is not changed",
    text: "Atomics.add(views.words, parkWord(worker), 1);",
    replacement: "",
  },
  {
    what: "parent: notified before the epoch is bumped",
    text: "Atomics.add(views.words, PARENT_EPOCH, 1);\n  Atomics.notify(views.words, PARENT_EPOCH);",
    replacement:
      "Atomics.notify(views.words, PARENT_EPOCH);\n  Atomics.add(views.words, PARENT_EPOCH, 1);",
  },
  {
    what: "parent: armed for claims, and no claim wakes it",
    text: "if (Atomics.load(views.words, PARENT_ARM) === ARM_FOR_CLAIMS) wakeParent(views);",
    replacement: "if (Atomics.load(views.words, PARENT_ARM) > ARM_FOR_CLAIMS) wakeParent(views);",
  },
  {
    what: "parent: woken and left armed by a failed CAS, as if another had won",
    text: "Atomics.compareExchange(words, PARENT_ARM, armed, NOT_ARMED) === armed\n",
    replacement: "Atomics.compareExchange(words, PARENT_ARM, armed, NOT_ARMED) !== armed\n",
  },
];

const waitStrategy: readonly Omit<Mutant, "file">[] = [
  {
    what: "park: no second look",
    text: "if (hasWork(views)) return undefined;\n  gate.leave();",
    replacement: "gate.leave();",
  },
  {
    what: "park: the worker does not leave the queue",
    text: "  gate.leave();\n  return waitUnparked",
    replacement: "  return waitUnparked",
  },
  {
    what: "park: a worker that is dismissed while it spins sleeps",
    text: "if (!gate.tryEnterToClaim()) return undefined;\n  // Read at",
    replacement: "gate.tryEnter();\n  // Read at",
  },
  {
    what: "park: the park counter is read after the idle set was entered",
    text: "const epoch = parkEpoch(views, worker);\n  enterIdleSet(views, worker);",
    replacement: "enterIdleSet(views, worker);\n  const epoch = parkEpoch(views, worker);",
  },
  {
    what: "park: the park counter is read after the second look",
    text: "return waitUnparked(views, worker, epoch, blockMs);",
    replacement:
      "return waitUnparked(views, worker, parkEpoch(views, worker) + 0 * epoch, blockMs);",
  },
  {
    what: "stop: a dismissed worker does not hand on the wake-up that it was given",
    text: "if (hasWork(views)) wakeOne(views);\n  return true;",
    replacement: "return true;",
  },
  {
    what: "stop: a killed worker leaves the sets and wakes another",
    text: "if (!gate.tryEnter()) return false;\n  leaveSets",
    replacement: "gate.tryEnter();\n  leaveSets",
  },
  {
    what: "park: the promise waits on the counter as it is when the block ends",
    text: "Atomics.waitAsync(views.words, word, epoch);",
    replacement: "Atomics.waitAsync(views.words, word, Atomics.load(views.words, word));",
  },
  {
    what: "parent: no second look before it blocks",
    text: "if (isDone()) return false;\n  Atomics.wait(",
    replacement: "Atomics.wait(",
  },
  {
    what: "parent: no second look before it waits by promise",
    text: "if (isDone()) return undefined;\n  const waiter",
    replacement: "const waiter",
  },
  {
    what: "parent: sleeps without arming itself",
    text: "  const epoch = arm(views, wish);\n  // The second look.",
    replacement:
      "  const epoch = Atomics.load(views.words, PARENT_EPOCH) + 0 * wish;\n  // The second look.",
  },
];

const resultRing: readonly Omit<Mutant, "file">[] = [
  {
    what: "publish: the tail is stored before the frame's header",
    text: "const header = this.#frame >> 2;",
    replacement:
      "const header = this.#frame >> 2;\n    Atomics.store(this.words, TAIL, this.#tailAfter);",
  },
  {
    what: "publish: the tail is a plain store",
    text: "Atomics.store(this.words, TAIL, this.#tail);",
    replacement: "this.words[TAIL] = this.#tail;",
  },
  {
    what: "reserve: a frame more than there is room for",
    text: "if (distance(this.#headSeen, after) > this.#capacity) return FULL;",
    replacement: "if (distance(this.#headSeen, after) > this.#capacity + 32) return FULL;",
  },
  {
    what: "reserve: no padding before the wrap",
    text: "if (padding > 0) this.words[(FRAMES_BYTE + at) >> 2] = PADDING;",
    replacement: "",
  },
  {
    what: "reserve: the head is a plain read",
    text: "this.#headSeen = Atomics.load(this.words, HEAD); // pairs with commit",
    replacement: "this.#headSeen = this.words[HEAD] as number;",
  },
  {
    what: "full ring: the worker does not say that it waits",
    text: "Atomics.store(this.words, WANTED, 1);",
    replacement: "",
  },
  {
    what: "full ring: the reader looks for the wish before it gives the space",
    text: "    Atomics.store(this.#words, HEAD, this.#head);\n    return (\n      Atomics.load(this.#words, WANTED) === 1 && Atomics.exchange(this.#words, WANTED, 0) === 1\n    );",
    replacement:
      "    const isWanted =\n      Atomics.load(this.#words, WANTED) === 1 && Atomics.exchange(this.#words, WANTED, 0) === 1;\n    Atomics.store(this.#words, HEAD, this.#head);\n    return isWanted;",
  },
  {
    what: "reader: the tail is a plain read",
    text: "this.#tailSeen = Atomics.load(this.#words, TAIL);",
    replacement: "this.#tailSeen = this.#words[TAIL] as number;",
  },
];

const BY_FILE = {
  "request-ring.ts": requestRing,
  "task-state.ts": taskState,
  "gate.ts": gate,
  "layout.ts": layout,
  "parker.ts": parker,
  "wait-strategy.ts": waitStrategy,
  "result-ring.ts": resultRing,
};

export const MUTANTS: readonly Mutant[] = Object.entries(BY_FILE).flatMap(([file, mutants]) =>
  mutants.map((mutant) => ({ file, ...mutant })),
);
