/** Deliberate errors in the shipped queue, one change of one file each. The exploration must notice every one. */
import type { Mutation } from "../shipped/machine/load-queue.ts";

export interface Mutant extends Mutation {
  /** What is wrong, in a few words. */
  readonly what: string;
}

/** What `putAll` does after it has stored the states. */
const STORES_LATER_ENTRIES = `for (let index = 1; index < count; index++) {
      const position = (first + index) | 0;
      words[ready + (position & readyMask)] =
        ((position >>> lapShift) << taskBits) | (tasks[index] as number);
    }`;
const PAIRS =
  "// Pairs with the load of the entry in claim: a worker that sees this lap sees all states, later entries, and payloads.";
const STORES_FIRST_ENTRY = `Atomics.store(
      words,
      ready + (first & readyMask),
      ((first >>> lapShift) << taskBits) | (tasks[0] as number),
    );`;
const PUBLISHES = `${STORES_LATER_ENTRIES}\n    ${PAIRS}\n    ${STORES_FIRST_ENTRY}`;

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
    what: "claim: the head is read plainly",
    text: "const head = Atomics.load(words, HEAD);\n    // Pairs",
    replacement: "const head = words[HEAD] as number;\n    // Pairs",
  },
  {
    what: "put: the entry carries the lap before",
    text: STORES_FIRST_ENTRY,
    replacement: STORES_FIRST_ENTRY.replace("(first >>> lapShift)", "((first >>> lapShift) - 1)"),
  },
  {
    what: "put: the entry is stored before the state",
    text: "for (let index = 0; index < count; index++) {",
    replacement: `${STORES_FIRST_ENTRY}\n    for (let index = 0; index < count; index++) {`,
  },
  {
    what: "put: the entry is a plain store",
    text: STORES_FIRST_ENTRY,
    replacement:
      "words[ready + (first & readyMask)] = ((first >>> lapShift) << taskBits) | (tasks[0] as number);",
  },
  {
    what: "putAll: the later entries are stored after the first",
    text: PUBLISHES,
    replacement: `${STORES_FIRST_ENTRY}\n    ${STORES_LATER_ENTRIES}`,
  },
  {
    what: "putAll: the last entry is stored atomically, and the first plainly",
    text: PUBLISHES,
    replacement: `${STORES_LATER_ENTRIES.replace("index = 1; index < count", "index = 0; index < count - 1")}
    const last = (first + count - 1) | 0;
    Atomics.store(words, ready + (last & readyMask), ((last >>> lapShift) << taskBits) | (tasks[count - 1] as number));`,
  },
  {
    what: "putAll: the states are stored after the first entry",
    text: `words[states + task] = packReady(position);\n    }\n    ${PUBLISHES}`,
    replacement: `}
    ${PUBLISHES}
    for (let index = 0; index < count; index++)
      words[states + (tasks[index] as number)] = packReady((first + index) | 0);`,
  },
  {
    what: "putAll: the last request is left out",
    text: "let index = 1; index < count; index++",
    replacement: "let index = 1; index < count - 1; index++",
  },
  {
    what: "hasRoom: one entry too many",
    text: "const most = this.#ringSize - entries;",
    replacement: "const most = this.#ringSize - entries + 1;",
  },
  {
    what: "hasRoom: stale entries are not passed",
    text: " || this.#hasRoomAfterHelping(most);",
    replacement: ";",
  },
  {
    what: "hasRoom: requests that wait are passed too",
    text: "if (Atomics.load(words, this.#views.state(task)) === packReady(head)) {",
    replacement: "if (tagOf(Atomics.load(words, this.#views.state(task))) === 3) {",
  },
  {
    what: "cancel: the CAS is a load and a store",
    text: "if (Atomics.compareExchange(this.#views.words, word, expected, packFree(position)) !== expected)\n      return false;",
    replacement:
      "if (Atomics.load(this.#views.words, word) !== expected) return false;\n    Atomics.store(this.#views.words, word, packFree(position));",
  },
  {
    what: "offer: the worker is not unparked",
    text: "    noteOffer(this.#views, worker);\n    unpark(this.#views, worker);",
    replacement: "    noteOffer(this.#views, worker);",
  },
  {
    what: "offer: every worker may claim it",
    text: "packOffered(tail, worker));",
    replacement: "packReady(tail));",
  },
  {
    what: "cancel: an offer cannot be cancelled",
    text: "const expected = isOffered ? seen : packReady(position);",
    replacement: "const expected = packReady(position);",
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
    what: "mayBeClaimedBy: the request at the head counts as claimed",
    text: "Atomics.load(views.words, HEAD)) <= 0;",
    replacement: "Atomics.load(views.words, HEAD)) < 0;",
  },
  {
    what: "hasWork: the lap of the entry is not compared",
    text: "if (entry >>> views.taskBits === head >>> views.lapShift) return true;",
    replacement: "if (entry !== -1) return true;",
  },
];

const offers: readonly Omit<Mutant, "file">[] = [
  {
    what: "offer: it is not counted",
    text: "Atomics.add(views.words, offersWord(worker), 1);",
    replacement: "",
  },
  {
    what: "offer: the CAS of the claim is a store",
    text: "if (Atomics.compareExchange(words, word, state, claimed) === state) return task;",
    replacement: "Atomics.store(words, word, claimed);\n    return task;",
  },
  {
    what: "offer: a worker claims what is offered to another",
    text: "return tagOf(state) === TAG_OFFERED && ownerOf(state) === worker;",
    replacement: "return tagOf(state) === TAG_OFFERED;",
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
    what: "gate: a worker that comes to the queue reads it and does not move it",
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
    what: "gate: a dismissed worker is shut out although it has a result to publish",
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
    what: "gate: a worker that leaves opens it although the parent has moved it",
    text: "const seen = Atomics.compareExchange(words, gate, inside, outside);",
    replacement: "Atomics.store(words, gate, outside);\n    const seen = inside;",
  },
  {
    what: "gate: a worker that leaves does not wake the parent that waits for it",
    text: "Atomics.notify(words, gate);",
    replacement: "",
  },
  {
    what: "gate: a claim that has only passed cancelled requests does not wake the parent",
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
    what: "gate: moved at once although the worker is at the queue",
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
  {
    what: "offers: the count is read after the tasks",
    text: "    const made = offersMade(this.views, this.worker);\n    const task = claimOffered(this.views, this.worker);\n",
    replacement:
      "    const task = claimOffered(this.views, this.worker);\n    const made = offersMade(this.views, this.worker);\n",
  },
];

const layout: readonly Omit<Mutant, "file">[] = [
  {
    what: "a successor finds its predecessor's gate",
    text: "    offersWord(worker),\n    gateWord(worker),\n",
    replacement: "    offersWord(worker),\n",
  },
];

const parker: readonly Omit<Mutant, "file">[] = [
  {
    what: "sets: a worker moves by a store",
    text: "if (Atomics.compareExchange(views.words, word, before, after) === before) return before;",
    replacement: "Atomics.store(views.words, word, after);\n    return before;",
  },
  {
    what: "sets: the bit that the worker had before is not cleared",
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
    what: "sets: no worker hands the search on (no chain wake)",
    text: "return (before & own) !== 0 && !isAnybodySpinning(views);",
    replacement: "return before === own + 1;",
  },
  {
    what: "kept search: the parent looks at the sleep sets before it ends it",
    text: "Atomics.store(views.words, SEARCH_KEPT, 0);\n  return remains(views) && wakeOne(views);",
    replacement:
      "const woken = remains(views) && wakeOne(views);\n  Atomics.store(views.words, SEARCH_KEPT, 0);\n  return woken;",
  },
  {
    what: "kept search: the parent ends it and wakes no worker",
    text: "return remains(views) && wakeOne(views);",
    replacement: "return remains(views) && views.tasks < 0;",
  },
  {
    what: "kept search: the parent wakes a worker and does not end it",
    text: "Atomics.store(views.words, SEARCH_KEPT, 0);\n  return",
    replacement: "return",
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
    what: "parent: the worker whose CAS on arm succeeds does not bump the epoch",
    text: "Atomics.compareExchange(words, PARENT_ARM, armed, NOT_ARMED) === armed\n",
    replacement: "Atomics.compareExchange(words, PARENT_ARM, armed, NOT_ARMED) !== armed\n",
  },
];

const waitStrategy: readonly Omit<Mutant, "file">[] = [
  {
    what: "kept search: a worker asks before it leaves the sets",
    text: "if (!leaveSets(views, worker)) return;\n  // After the sets were left: see `handSearchOn`.\n  if (gate.hasChildren || (!isSearchKept(views) && hasWork(views))) wakeOne(views);",
    replacement:
      "const isKept = isSearchKept(views);\n  if (!leaveSets(views, worker)) return;\n  if (gate.hasChildren || (!isKept && hasWork(views))) wakeOne(views);",
  },
  {
    what: "park: no second look",
    text: "if (hasWork(views) || gate.hasOffers || gate.hasChildren) return undefined;\n  gate.leave();",
    replacement: "if (gate.hasOffers || gate.hasChildren) return undefined;\n  gate.leave();",
  },
  {
    what: "park: the worker does not leave the queue",
    text: "  gate.leave();\n  return waitUnparked",
    replacement: "  return waitUnparked",
  },
  {
    what: "park: a worker that is dismissed while it spins goes to sleep",
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
    what: "stop: a dismissed worker does not hand on its wake-up",
    text: "if (hasWork(views) || gate.hasChildren) wakeOne(views);\n  return true;",
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
  {
    what: "park: no second look at the offers",
    text: "if (hasWork(views) || gate.hasOffers || gate.hasChildren) return undefined;",
    replacement: "if (hasWork(views) || gate.hasChildren) return undefined;",
  },
  {
    what: "park: no second look at the board",
    text: "if (hasWork(views) || gate.hasOffers || gate.hasChildren) return undefined;",
    replacement: "if (hasWork(views) || gate.hasOffers) return undefined;",
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
    what: "full ring: the worker does not say that it wants space",
    text: "Atomics.store(this.words, WANTED, 1);",
    replacement: "",
  },
  {
    what: "full ring: the reader looks whether space is wanted before it gives space",
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

const burial: readonly Omit<Mutant, "file">[] = [
  {
    what: "burial: the dead worker stays a helper",
    text: "  removeHelper(views, slot);\n",
    replacement: "",
  },
  {
    what: "burial: its part of the board stays as it is",
    text: "  buryChildren(views, slot);\n",
    replacement: "",
  },
  {
    what: "burial: its part of the board is cleaned up after the others were unparked",
    text: "  buryChildren(views, slot);\n",
    replacement:
      "  for (const other of burial.live()) unpark(views, other);\n  buryChildren(views, slot);\n  burial = { ...burial, live: () => [] };\n",
  },
  {
    what: "bury: the results are not read",
    text: "  burial.readResults();\n  return cleanUp",
    replacement: "  return cleanUp",
  },
  {
    what: "bury: what it held is settled before its results are read",
    text: "  burial.readResults();\n  return cleanUp(views, producer, slot, burial);",
    replacement:
      "  const held = cleanUp(views, producer, slot, burial);\n  burial.readResults();\n  return held;",
  },
  {
    what: "bury: what it held is listed before its results are read",
    text: "  burial.readResults();\n  return cleanUp(views, producer, slot, burial);",
    replacement:
      "  const held = producer.claimedBy(slot);\n  burial.readResults();\n  cleanUp(views, producer, slot, burial);\n  return held;",
  },
  {
    what: "kill: the gate is not shut",
    text: "  shutGate(views, slot);\n  kill.readResults();",
    replacement: "  kill.readResults();",
  },
  {
    what: "kill: the gate is shut after the results are read",
    text: "  shutGate(views, slot);\n  kill.readResults();",
    replacement: "  kill.readResults();\n  shutGate(views, slot);",
  },
  {
    what: "kill: the gate is shut after the thread is ended",
    text: "  shutGate(views, slot);\n  kill.readResults();\n  kill.endThread();",
    replacement: "  kill.endThread();\n  shutGate(views, slot);\n  kill.readResults();",
  },
  {
    what: "kill: the gate is shut after the worker is buried",
    text: "  shutGate(views, slot);\n  kill.readResults();\n  kill.endThread();\n  return cleanUp(views, producer, slot, kill);",
    replacement:
      "  kill.readResults();\n  kill.endThread();\n  const held = cleanUp(views, producer, slot, kill);\n  shutGate(views, slot);\n  return held;",
  },
  {
    what: "kill: the results are not read",
    text: "  kill.readResults();\n",
    replacement: "",
  },
  {
    what: "kill: what it held is settled before its results are read",
    text: "  kill.readResults();\n  kill.endThread();\n  return cleanUp(views, producer, slot, kill);",
    replacement:
      "  kill.endThread();\n  const held = cleanUp(views, producer, slot, kill);\n  kill.readResults();\n  return held;",
  },
  {
    what: "kill: what it held is listed before its results are read",
    text: "  kill.readResults();\n  kill.endThread();\n  return cleanUp(views, producer, slot, kill);",
    replacement:
      "  const held = producer.claimedBy(slot);\n  kill.readResults();\n  kill.endThread();\n  cleanUp(views, producer, slot, kill);\n  return held;",
  },
  {
    what: "kill: the thread is not ended",
    text: "  kill.endThread();\n",
    replacement: "",
  },
  {
    what: "burial: what it held is not settled",
    text: "  burial.settle(held);\n",
    replacement: "",
  },
  {
    what: "burial: its bits stay in the sets",
    text: "  leaveSets(views, slot);\n",
    replacement: "",
  },
  {
    what: "burial: no worker is unparked",
    text: "  for (const other of burial.live()) unpark(views, other);\n",
    replacement: "",
  },
  {
    what: "burial: one live worker is unparked, and not all",
    text: "  for (const other of burial.live()) unpark(views, other);\n",
    replacement:
      "  const [first] = burial.live();\n  if (first !== undefined) unpark(views, first);\n",
  },
  {
    what: "burial: the workers are unparked before what it held is put again",
    text: "  burial.settle(held);\n",
    replacement:
      "  for (const other of burial.live()) unpark(views, other);\n  burial.settle(held);\n  burial = { ...burial, live: () => [] };\n",
  },
  {
    what: "burial: the epoch is not bumped",
    text: "  bumpEpoch(views);\n",
    replacement: "",
  },
  {
    what: "pass: the ends are counted after the gates are looked at",
    text: "    this.#endsSeen = ends;",
    replacement: "    this.#endsSeen = endsAnnounced(this.#views);",
  },
  {
    what: "pass: the count of ends is not remembered",
    text: "    this.#endsSeen = ends;",
    replacement: "",
  },
  {
    what: "pass: an end since the last pass is not noticed",
    text: "return endsAnnounced(this.#views) !== this.#endsSeen;",
    replacement: "return false;",
  },
  {
    what: "pass: all workers are buried when one has ended",
    text: "workers.filter(({ slot }) => hasEnded(this.#views, slot));",
    replacement: "[...workers];",
  },
  {
    what: "pass: one worker is buried when several have ended",
    text: "for (const worker of ended) this",
    replacement: "for (const worker of ended.slice(0, 1)) this",
  },
  {
    what: "pass: no results are read",
    text: "    for (const worker of workers) this.#steps.readResults(worker);\n",
    replacement: "",
  },
];

const parkUntil: readonly Omit<Mutant, "file">[] = [
  {
    what: "park rounds: the counter is read after the look",
    text: "    const epoch = parkEpoch(views, worker);\n    announce?.();\n    if (look()) return;",
    replacement:
      "    announce?.();\n    if (look()) return;\n    const epoch = parkEpoch(views, worker);",
  },
  {
    what: "park rounds: the worker says what it waits for before it reads the counter",
    text: "    const epoch = parkEpoch(views, worker);\n    announce?.();",
    replacement: "    announce?.();\n    const epoch = parkEpoch(views, worker);",
  },
  {
    what: "park rounds: the worker says what it waits for after the look",
    text: "    announce?.();\n    if (look()) return;",
    replacement: "    if (look()) return;\n    announce?.();",
  },
  {
    what: "park rounds: no second look after the worker has said what it waits for",
    text: "    announce?.();\n    if (look()) return;",
    replacement:
      "    if (look()) return;\n    announce?.();\n    yield waitUnparked(views, worker, epoch, blockMs);\n    continue;",
  },
  {
    what: "park rounds: the worker says what it waits for in the first round only",
    text: "  for (;;) {\n    const epoch = parkEpoch(views, worker);\n    announce?.();",
    replacement:
      "  for (let round = 0; ; round++) {\n    const epoch = parkEpoch(views, worker);\n    if (round === 0) announce?.();",
  },
  {
    what: "park rounds: the worker waits for a counter that it reads anew",
    text: "      : waitUnparked(views, worker, epoch, blockMs);",
    replacement: "      : waitUnparked(views, worker, parkEpoch(views, worker), blockMs);",
  },
  {
    what: "park rounds: a spin is all of the wait",
    text: "  else spin.failed();\n  return isUnparked;",
    replacement: "  else spin.failed();\n  return true;",
  },
  {
    what: "space: the worker does not say that it wants space",
    text: "    if (gate.tryEnter()) writer.wantSpace();\n",
    replacement: "",
  },
  {
    what: "space: a killed worker says that it wants space",
    text: "    if (gate.tryEnter()) writer.wantSpace();\n",
    replacement: "    gate.tryEnter();\n    writer.wantSpace();\n",
  },
  {
    what: "space: the worker waits at the queue",
    text: "    gate.leave();\n",
    replacement: "",
  },
];

const workerWords: readonly Omit<Mutant, "file">[] = [
  {
    what: "posted: a message is not counted",
    text: "Atomics.add(views.words, postedWord(worker), 1);",
    replacement: "",
  },
  {
    what: "posted: counted by a plain store",
    text: "Atomics.add(views.words, postedWord(worker), 1);",
    replacement:
      "views.words[postedWord(worker)] = (views.words[postedWord(worker)] as number) + 1;",
  },
  {
    what: "posted: read plainly",
    text: "return Atomics.load(views.words, postedWord(worker));",
    replacement: "return views.words[postedWord(worker)] as number;",
  },
  {
    what: "stops: counted by a plain store",
    text: "Atomics.add(views.words, stopsHeardWord(worker), 1);",
    replacement:
      "views.words[stopsHeardWord(worker)] = (views.words[stopsHeardWord(worker)] as number) + 1;",
  },
  {
    what: "phase: a plain store",
    text: "Atomics.store(views.words, readyWord(worker), phase);",
    replacement: "views.words[readyWord(worker)] = phase;",
  },
  {
    what: "busy: no second look at the moment",
    text: "    if (Atomics.load(words, busySinceWord(worker)) !== sinceMs) continue;\n",
    replacement: "",
  },
  {
    what: "busy: the sum is read before the moment",
    text: "    const sinceMs = Atomics.load(words, busySinceWord(worker));\n    const busyMs = Atomics.load(words, busyMsWord(worker));",
    replacement:
      "    const busyMs = Atomics.load(words, busyMsWord(worker));\n    const sinceMs = Atomics.load(words, busySinceWord(worker));",
  },
];

const itemCursor: readonly Omit<Mutant, "file">[] = [
  {
    what: "items: begun by a load and a store",
    text: "return Atomics.add(views.words, views.task(task) + TASK_ITEMS, count);",
    replacement:
      "const word = views.task(task) + TASK_ITEMS;\n  const item = Atomics.load(views.words, word);\n  Atomics.store(views.words, word, item + count);\n  return item;",
  },
  {
    what: "items: the rest is taken by a load and a store",
    text: "return Math.min(Atomics.exchange(views.words, views.task(task) + TASK_ITEMS, count), count);",
    replacement:
      "const word = views.task(task) + TASK_ITEMS;\n  const begun = Atomics.load(views.words, word);\n  Atomics.store(views.words, word, count);\n  return Math.min(begun, count);",
  },
  {
    what: "items: the rest is read and not taken",
    text: "Atomics.exchange(views.words, views.task(task) + TASK_ITEMS, count)",
    replacement: "Atomics.load(views.words, views.task(task) + TASK_ITEMS)",
  },
  {
    what: "items: the one that runs is taken too",
    text: "return Math.min(Atomics.exchange(views.words, views.task(task) + TASK_ITEMS, count), count);",
    replacement:
      "return Math.max(Math.min(Atomics.exchange(views.words, views.task(task) + TASK_ITEMS, count), count) - 1, 0);",
  },
  {
    what: "items: those of a call are begun one after the other",
    text: "return Atomics.add(views.words, views.task(task) + TASK_ITEMS, count);",
    replacement:
      "const word = views.task(task) + TASK_ITEMS;\n  const first = Atomics.add(views.words, word, 1);\n  for (let more = 1; more < count; more++) Atomics.add(views.words, word, 1);\n  return first;",
  },
  {
    what: "items: a call begins one of its items",
    text: "Atomics.add(views.words, views.task(task) + TASK_ITEMS, count)",
    replacement: "Atomics.add(views.words, views.task(task) + TASK_ITEMS, 1)",
  },
  {
    what: "items: a call begins at its last item",
    text: "return Atomics.add(views.words, views.task(task) + TASK_ITEMS, count);",
    replacement:
      "return Atomics.add(views.words, views.task(task) + TASK_ITEMS, count) + count - 1;",
  },
  {
    what: "items: the rest begins behind the end of the last call",
    text: "return Math.min(Atomics.exchange(views.words, views.task(task) + TASK_ITEMS, count), count);",
    replacement: "return Atomics.exchange(views.words, views.task(task) + TASK_ITEMS, count);",
  },
  {
    what: "items: counted by a plain read",
    text: "return Atomics.load(views.words, views.task(task) + TASK_ITEMS);",
    replacement: "return views.words[views.task(task) + TASK_ITEMS] as number;",
  },
];

const board: readonly Omit<Mutant, "file">[] = [
  {
    what: "board: a stop wakes nobody",
    text: "      unpark(this.#views, takerIn(Atomics.load(board, wordOf(cell))));\n",
    replacement: "",
  },
  {
    what: "board: a stop wakes the taker before it is told",
    text: "      Atomics.store(board, wordOf(cell) + STOP, 1);\n",
    replacement:
      "      unpark(this.#views, takerIn(Atomics.load(board, wordOf(cell))));\n      Atomics.store(board, wordOf(cell) + STOP, 1);\n      if (cell >= 0) return this.#gate.leave() as unknown as void;\n",
  },
  {
    what: "board: the stop of a child stays for the next one of its cell",
    text: "    Atomics.store(board, first + STOP, 0);\n",
    replacement: "",
  },
  {
    what: "board: what a dead owner offers stays on the board",
    text: "return tag === ORPHANED ? state : pack(generation, FREE);",
    replacement: "return state;",
  },
  {
    what: "board: what others run of a dead owner is no orphan",
    text: "if (isTaken) return pack(generation, ORPHANED, takerIn(state));",
    replacement: "if (isTaken) return state;",
  },
  {
    what: "board: the cell of an orphan whose taker dies is not free",
    text: "return tag === ORPHANED && isTaker ? pack(generation, FREE) : state;",
    replacement: "return state;",
  },
  {
    what: "board: a dead owner's bits of offered cells stay",
    text: "  Atomics.store(views.words, offeredCellsWord(dead), 0);\n",
    replacement: "",
  },
  {
    what: "board: a cell that is free again stays in use",
    text: "    Atomics.and(words, usedCellsWord(worker), ~bitOf(cell));\n    // Only",
    replacement: "    // Only",
  },
  {
    what: "board: an offer wakes no helper",
    text: "if (!wakeOther(this.#views, worker)) wakeHelper(this.#views, root.task, worker);",
    replacement: "wakeOther(this.#views, worker);",
  },
  {
    what: "board: the payload of a child is not written",
    text: "this.#views.boardBytes.set(payload, (first + PAYLOAD) * 4);",
    replacement: "",
  },
  {
    what: "board: an offer is not counted",
    text: "Atomics.add(words, BOARD_VERSION, 1);\n    if",
    replacement: "if",
  },
  {
    what: "board: an offer wakes no worker",
    text: "if (!wakeOther(this.#views, worker)) wakeHelper(this.#views, root.task, worker);",
    replacement: "",
  },
  {
    what: "board: the CAS of a take back is a store",
    text: "const won = Atomics.compareExchange(board, wordOf(cell), state, free) === state;",
    replacement: "const won = true;\n    Atomics.store(board, wordOf(cell), free);",
  },
  {
    what: "board: what a dead worker had taken is not lost",
    text: "if (isTaken && isTaker) return pack(generation, LOST, dead);",
    replacement: "",
  },
  {
    what: "board: a part that is read wakes nobody",
    text: "if (Atomics.compareExchange(board, wordOf(cell), state, taken) === state)\n      unpark(this.#views, taker);",
    replacement: "Atomics.compareExchange(board, wordOf(cell), state, taken);",
  },
  {
    what: "board: the state is written before the bits",
    text: "Atomics.or(words, offeredCellsWord(worker), bitOf(cell));\n    setBit(words, OFFERING, worker);",
    replacement:
      "Atomics.store(board, first, pack(generationIn(Atomics.load(board, first)) + 1, OFFERED));\n    Atomics.or(words, offeredCellsWord(worker), bitOf(cell));\n    setBit(words, OFFERING, worker);",
  },
  {
    what: "board: a burial looks at the board only once it has changed",
    text: "if (Atomics.load(views.words, BOARD_IN_USE) === 0) return;",
    replacement: "if (Atomics.load(views.words, BOARD_VERSION) === 0) return;",
  },
];

const boardTaker: readonly Omit<Mutant, "file">[] = [
  {
    what: "board: the bit of a child that is taken stays",
    text: "    Atomics.and(words, offeredCellsWord(owner), ~bitOf(cell));\n    const root",
    replacement: "    const root",
  },
  {
    what: "board: a helper takes children of any tree",
    text: "    if (rootTask !== undefined && Atomics.load(board, first + ROOT) !== rootTask) continue;\n",
    replacement: "",
  },
  {
    what: "board: an outcome counts as read as soon as it is sent",
    text: "return (tag !== TAKEN && tag !== PART && tag !== DONE) || generationIn(state) !== generation;",
    replacement: "return (tag !== TAKEN && tag !== PART) || generationIn(state) !== generation;",
  },
  {
    what: "board: the next part is written before the last one is read",
    text: "return (state & TAG_MASK) !== PART || generationIn(state) !== generation;",
    replacement: "return state !== 0 || generationIn(state) !== generation;",
  },
  {
    what: "board: a child does not hear that its owner stops it",
    text: "if (Atomics.load(views.board, wordOf(cell) + STOP) === 1) return true;",
    replacement: "",
  },
  {
    what: "board: a child does not hear that its request is to stop",
    text: "return !isSameUse || isStopRequested(views, task);",
    replacement: "return !isSameUse;",
  },
  {
    what: "board: the CAS of a take is a store",
    text: "if (Atomics.compareExchange(board, first, state, taken) !== state) continue;",
    replacement: "Atomics.store(board, first, taken);",
  },
  {
    what: "board: an outcome wakes nobody",
    text: "=== taken)\n    unpark(views, owner);\n  else {",
    replacement: "=== taken);\n  else {",
  },
  {
    what: "board: the outcome of an orphan stays in its cell",
    text: "if (Atomics.compareExchange(board, first, taken, pack(generation, DONE, worker)) === taken)",
    replacement:
      "Atomics.store(board, first, pack(generation, DONE, worker));\n  if (generation > 0)",
  },
  {
    what: "board: the cell of an orphan is not released",
    text: "Atomics.and(views.words, usedCellsWord(owner), ~bitOf(cell));\n  }\n  gate.leave();",
    replacement: "}\n  gate.leave();",
  },
];

const helpers: readonly Omit<Mutant, "file">[] = [
  {
    what: "helpers: a helper that waits is not in the set",
    text: "    setBit(words, HELPING, gate.worker);\n",
    replacement: "",
  },
  {
    what: "helpers: a helper does not say which tree it works for",
    text: "    Atomics.store(words, helpedTaskWord(gate.worker), rootTask + 1);\n",
    replacement: "",
  },
  {
    what: "helpers: a helper that goes on stays in the set",
    text: "if (gate.tryEnter()) clearBit(words, HELPING, gate.worker);",
    replacement: "gate.tryEnter();",
  },
  {
    what: "helpers: a dead helper stays in the set",
    text: "  clearBit(words, HELPING, worker);\n",
    replacement: "",
  },
  {
    what: "helpers: an offer wakes a helper of any tree",
    text: "    if (helper === self || Atomics.load(words, helpedTaskWord(helper)) !== rootTask + 1)\n      return false;\n    if (!clear",
    replacement: "    if (!clear",
  },
  {
    what: "helpers: a helper is taken out of the set, and not woken",
    text: "    unpark(views, helper);\n",
    replacement: "",
  },
  {
    what: "helpers: a helper that has taken a child wakes no other one",
    text: "if (isAnyOffered(views)) wakeHelper(views, rootTask, worker);",
    replacement: "",
  },
];

const boardBuffers: readonly Omit<Mutant, "file">[] = [
  {
    what: "buffers: a worker that listens has the number of the one before",
    text: "Atomics.add(gate.views.words, LISTENERS, 1) + 1;",
    replacement: "Atomics.add(gate.views.words, LISTENERS, 1);",
  },
  {
    what: "buffers: two workers that begin to listen are counted as one",
    text: "const number = Atomics.add(gate.views.words, LISTENERS, 1) + 1;",
    replacement:
      "const number = Atomics.load(gate.views.words, LISTENERS) + 1;\n  Atomics.store(gate.views.words, LISTENERS, number);",
  },
  {
    what: "buffers: an owner counts a listener more than there are",
    text: "return Atomics.load(words, LISTENERS);",
    replacement: "return Atomics.load(words, LISTENERS) + 1;",
  },
  {
    what: "buffers: the count of listeners is a plain read",
    text: "return Atomics.load(words, LISTENERS);",
    replacement: "return words[LISTENERS] as number;",
  },
  {
    what: "buffers: two buffers have one number",
    text: "const number = Atomics.add(gate.views.words, LAST_BUFFER, 1) + 1;",
    replacement:
      "const number = Atomics.load(gate.views.words, LAST_BUFFER) + 1;\n  Atomics.store(gate.views.words, LAST_BUFFER, number);",
  },
];

const boardFigures: readonly Omit<Mutant, "file">[] = [
  {
    what: "figures: children in place are counted by a load and a store",
    text: "if (inPlace !== 0) Atomics.add(words, first + IN_PLACE, inPlace);",
    replacement:
      "Atomics.store(words, first + IN_PLACE, Atomics.load(words, first + IN_PLACE) + inPlace);",
  },
  {
    what: "figures: children that were taken are not counted",
    text: "  if (taken !== 0) Atomics.add(words, first + TAKEN, taken);\n",
    replacement: "",
  },
  {
    what: "figures: children that failed count as taken",
    text: "Atomics.add(words, first + FAILED, failed);",
    replacement: "Atomics.add(words, first + TAKEN, failed);",
  },
  {
    what: "figures: the parent reads them plainly",
    text: "Atomics.load(words, childFiguresWord(worker) + figure) >>> 0;",
    replacement: "(words[childFiguresWord(worker) + figure] as number) >>> 0;",
  },
];

const bitSets: readonly Omit<Mutant, "file">[] = [
  {
    what: "bits: a bit is set by a load and a store",
    text: "Atomics.or(words, set + (worker >>> 5), 1 << (worker % WORKERS_PER_WORD));",
    replacement:
      "Atomics.store(\n    words,\n    set + (worker >>> 5),\n    Atomics.load(words, set + (worker >>> 5)) | (1 << (worker % WORKERS_PER_WORD)),\n  );",
  },
  {
    what: "bits: the bits of all are cleared",
    text: "Atomics.and(words, set + (worker >>> 5), ~bit)",
    replacement: "Atomics.and(words, set + (worker >>> 5), 0)",
  },
  {
    what: "bits: only the first of a set is looked at",
    text: "    for (; rest !== 0; rest &= rest - 1)\n      if",
    replacement: "    if (rest !== 0)\n      if",
  },
];

const boardCell: readonly Omit<Mutant, "file">[] = [
  {
    what: "cell: a state has no generation",
    text: "return (generation << GENERATION_SHIFT) | (taker << TAKER_SHIFT) | tag;",
    replacement: "return (0 << GENERATION_SHIFT) | (taker << TAKER_SHIFT) | tag;",
  },
  {
    what: "cell: a state does not name its taker",
    text: "(taker << TAKER_SHIFT) | tag;",
    replacement: "tag;",
  },
];

const BY_FILE = {
  "helpers.ts": helpers,
  "board-buffers.ts": boardBuffers,
  "board-figures.ts": boardFigures,
  "bit-sets.ts": bitSets,
  "board-cell.ts": boardCell,
  "board.ts": board,
  "board-taker.ts": boardTaker,
  "request-ring.ts": requestRing,
  "task-state.ts": taskState,
  "gate.ts": gate,
  "layout.ts": layout,
  "parker.ts": parker,
  "wait-strategy.ts": waitStrategy,
  "offers.ts": offers,
  "result-ring.ts": resultRing,
  "burial.ts": burial,
  "park-until.ts": parkUntil,
  "worker-words.ts": workerWords,
  "item-cursor.ts": itemCursor,
};

export const MUTANTS: readonly Mutant[] = Object.entries(BY_FILE).flatMap(([file, mutants]) =>
  mutants.map((mutant) => ({ file, ...mutant })),
);
