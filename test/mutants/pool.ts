import { mutantsOf } from "./mutant.ts";
import type { SourceMutant } from "./mutant.ts";

const SUPERVISOR = "test/pool/supervision/worker-supervisor.test.ts";
const RETRIES = "test/pool/supervision/retries.test.ts";

/** Requests on their way in, and results on their way out. */
const queue: readonly SourceMutant[] = [
  ...mutantsOf(
    "src/pool/queue/backlog.ts",
    ["test/pool/queue/backlog.test.ts"],
    [
      {
        what: "a request that comes back goes behind its equals",
        text: "level.prepend(",
        replacement: "level.append(",
      },
      {
        what: "a level that had its turn keeps its claim to the next",
        text: "    first.level.overtakings = 0;\n",
        replacement: "",
      },
      {
        what: "the bytes of the next request are written over the last",
        text: "    this.#used += length;\n",
        replacement: "",
      },
      {
        what: "a level without requests stays in the list",
        text: "    if (level.first === undefined) this.#levels.splice(this.#levels.indexOf(level), 1);\n",
        replacement: "",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/queue/task-table.ts",
    ["test/parity/queue-bounds.test.ts"],
    [
      {
        what: "more requests are in tasks than their limit",
        text: "      this.inUse - this.#offered < this.limit &&\n",
        replacement: "",
      },
      {
        what: "a task whose request is settled counts as in use",
        text: "    this.#requests[task] = undefined;\n    this.inUse -= 1;\n    if (pending.isOffer)",
        replacement: "    this.#requests[task] = undefined;\n    if (pending.isOffer)",
        tests: ["test/pool/queue/task-table.test.ts"],
      },
      {
        what: "an ordinary result is taken from a worker that has not claimed its task",
        text: "this.#producer.tryRelease(task, generation, slot)",
        replacement: "this.#producer.tryRelease(task, generation, NOBODY)",
        tests: ["test/pool/queue/damage.test.ts", "test/pool/queue/result-collector.test.ts"],
      },
      {
        what: "what is published together wakes no worker",
        text: "    this.brief.wakeFor(count, this.inUse);\n",
        replacement: "",
        tests: ["test/pool/queue/request-queue.test.ts"],
      },
      {
        what: "who asks about tasks does not see those that are held back as published",
        text: "    this.publishHeldBack();\n    return this.#producer;",
        replacement: "    return this.#producer;",
        tests: ["test/pool/queue/held-back-tasks.test.ts"],
      },
      {
        what: "the arena keeps the payload of a task that is free",
        text: "    if (location >= 0) this.arenas.free(location);\n    this.#producer.release(task);\n",
        replacement: "    this.#producer.release(task);\n",
        tests: ["test/pool/queue/task-table.test.ts"],
      },
      {
        what: "the task of a request that was withdrawn is not free",
        text: "    this.forget(task);\n    this.free(task);\n    return true;",
        replacement: "    this.forget(task);\n    return true;",
        tests: ["test/pool/queue/task-table.test.ts"],
      },
      {
        what: "a run is not asked to stop in shared memory",
        text: "    requestStop(this.views, task);\n",
        replacement: "",
        tests: ["test/pool/cancellation.test.ts"],
        titles: "is seen by loopUntilCancelled",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/queue/brief-work.ts",
    ["test/pool/queue/brief-work.test.ts"],
    [
      {
        what: "two workers are woken for work that one has done before the other has risen",
        text: "channels.size > 1 && this.#mayBeLeftToOne(inUse)",
        replacement: "channels.size < 1 && this.#mayBeLeftToOne(inUse)",
      },
      {
        what: "a worker that does not get on keeps the work of others",
        text: "isStuck || !this.#runs.areBrief(waiting)",
        replacement: "!this.#runs.areBrief(waiting)",
      },
      {
        what: "what is put behind a run that may be long is left to its worker",
        text: "channels.keepsSearch || inUse === published",
        replacement: "channels.keepsSearch || inUse >= published",
      },
      {
        what: "work is left to one worker again at once, although it was not done the last time",
        text: "this.#skipped < this.#toSkip",
        replacement: "this.#skipped < 0",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/queue/arenas.ts",
    ["test/pool/queue/arena.test.ts"],
    [
      {
        what: "a worker that starts later does not get the arenas",
        text: "      if (made !== undefined) channel.post({ id: made.plan.number, buffer: made.bytes.buffer });\n",
        replacement: "",
      },
      {
        what: "a payload is spilled when its arena is full",
        text: "      if (location !== NO_BLOCK) return location;",
        replacement: "      return location;",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/queue/task-table.ts",
    ["test/pool/queue/spills.test.ts"],
    [
      {
        what: "the spill of a broadcast is used again while workers read it",
        text: "if (spill !== undefined && !isOffer) this",
        replacement: "if (spill !== undefined) this",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/queue/spills.ts",
    ["test/pool/queue/spills.test.ts"],
    [
      {
        what: "a spill is used for two payloads at a time",
        text: "      this.#kept.splice(index, 1);\n",
        replacement: "",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/queue/request-queue.ts",
    ["test/parity/pool.test.ts"],
    [
      {
        what: "what is held back gets no turn when the parent waits to be woken",
        text: "this.#tasks.heldBack.count > 0 || ",
        replacement: "",
        tests: ["test/pool/delivery/event-loop-delivery-without-pool.test.ts"],
      },
      {
        what: "a request overtakes the backlog when a task is free",
        text: "this.#backlog.length === 0 && this.#tasks.hasRoom",
        replacement: "this.#tasks.hasRoom",
        tests: ["test/pool/queue/request-queue.test.ts"],
      },
      {
        what: "the bound of results allows a request more for each worker",
        text: "this.#bounds.resqSize + workers",
        replacement: "this.#bounds.resqSize + 2 * workers",
        tests: ["test/parity/queue-bounds.test.ts"],
        titles: "resqSize",
      },
      {
        what: "qSize allows one request more",
        text: "this.waiting < qSize",
        replacement: "this.waiting <= qSize",
        tests: ["test/parity/queue-bounds.test.ts"],
        titles: "qSize",
      },
      {
        what: "the event full comes with each request that finds no room",
        text: "    if (this.#isFull) return;\n",
        replacement: "",
        tests: ["test/pool/events.test.ts"],
        titles: "that its queue is full",
      },
      {
        what: "a parent that waits for results is not told that it has to wait for room too",
        text: "    if (this.#turns.isAwaiting) bumpEpoch(this.#tasks.views);\n",
        replacement: "",
        tests: ["test/pool/delivery/result-waiter.test.ts"],
      },
      {
        what: "a new worker is not told of what was posted to the others",
        text: "      channel.post(outOfBandMessage(task, this.#tasks.positionOf(task), outOfBand));\n",
        replacement: "",
        tests: ["test/pool/queue/request-queue.test.ts"],
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/queue/channel-set.ts",
    ["test/pool/queue/channel-set.test.ts"],
    [
      {
        what: "workers that stay parked are never woken to read their ports",
        text: "    this.#unreadBytes = 0;\n    this.wakeAll();\n",
        replacement: "    this.#unreadBytes = 0;\n",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/queue/result-collector.ts",
    [RETRIES],
    [
      {
        what: "a worker that waits for space in its ring is not woken when there is some",
        text: "if (reader.commit()) unpark(this.#tasks.views, channel.slot);",
        replacement: "reader.commit();",
        tests: ["test/pool/queue/result-collector.test.ts"],
      },
      {
        what: "the task of a result that was read is not free",
        text: "    this.#tasks.forget(task);\n    this.#tasks.free(task);\n",
        replacement: "    this.#tasks.forget(task);\n",
        tests: ["test/pool/queue/result-collector.test.ts"],
      },
      {
        what: "a request runs again although its arguments were moved to the dead worker",
        text: "!wasMoved && ",
        replacement: "",
      },
      {
        what: "a request whose worker died runs again without being asked to",
        text: "pending.control?.tryAgain() === true",
        replacement: "pending.control?.tryAgain() !== false",
      },
      {
        what: "a run that was stopped runs again when its worker dies",
        text: '    if (pending.outcome !== "pending") pending.control?.endWatches();\n    else if (!wasMoved',
        replacement: "    if (!wasMoved",
        tests: [SUPERVISOR],
      },
      {
        what: "a worker whose results made no sense is read on",
        text: "    if (channel.fault !== undefined) return false;\n",
        replacement: "",
        tests: ["test/pool/queue/result-collector.test.ts"],
      },
      {
        what: "a worker may settle the requests of others",
        text: "const isOnlyWorker = this.#channels.size === 1;",
        replacement: "const isOnlyWorker = true;",
        tests: ["test/pool/queue/result-collector.test.ts"],
      },
      {
        what: "a worker that has asked for what is moved to it is not woken when it comes",
        text: "    unpark(this.#tasks.views, channel.slot);\n  }\n\n  /**\n   * The value",
        replacement: "  }\n\n  /**\n   * The value",
        tests: ["test/pool/values.test.ts"],
        titles: "MessagePort",
      },
      {
        what: "what a run reports after it was stopped is delivered",
        text: '    if (pending.outcome !== "pending") return;\n    try {\n      this.#table.report',
        replacement: "    try {\n      this.#table.report",
        tests: ["test/pool/queue/result-collector.test.ts"],
      },
    ],
  ),
];

/** The one time that a request gets its outcome, and its delivery. */
const settling: readonly SourceMutant[] = [
  ...mutantsOf(
    "src/pool/request/request-table.ts",
    ["test/parity/callbacks.test.ts"],
    [
      {
        what: "a request is settled a second time",
        text: '    if (pending.outcome !== "pending") return;\n    pending.outcome',
        replacement: "    pending.outcome",
        tests: ["test/pool/cancellation.test.ts"],
        titles: "is seen by",
      },
      {
        what: "a settled request stays a listener of its signal",
        text: "    pending.control?.endWatches();\n    if (pending instanceof SyncRequest)",
        replacement: "    if (pending instanceof SyncRequest)",
        tests: ["test/pool/cancellation.test.ts"],
        titles: "one listener",
      },
      {
        what: "a request is pending while its callback is called",
        text: "      if (!(arrived instanceof Report)) this.#remove(arrived);\n      if (this.#pending.size > 0) arrived.deliver();",
        replacement:
          "      if (this.#pending.size > 1) arrived.deliver();\n      if (!(arrived instanceof Report)) this.#remove(arrived);\n      if (this.#pending.size > 0) continue;",
      },
      {
        what: "the first outcome that arrives asks for no turn",
        text: "    if (isFirst) this.#turns.request();\n",
        replacement: "",
        tests: ["test/pool/cancellation.test.ts"],
        titles: "withdraws",
      },
      {
        what: "the process is kept alive when nothing is pending",
        text: "    this.#turns.request();\n    this.#events",
        replacement: "    this.#events",
        tests: ["test/pool/process-endings.test.ts"],
        titles: "when that is left to it",
      },
      {
        what: "a request that is pending may be put again",
        text: "!requestState.isPending(request) && ",
        replacement: "",
        tests: ["test/parity/requests.test.ts"],
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/delivery/event-loop-delivery.ts",
    ["test/pool/delivery/event-loop-delivery.test.ts"],
    [
      {
        what: "a turn of the event loop delivers whatever is at hand",
        text: "const until = table.handedOut + MAX_PER_TURN;",
        replacement: "const until = Infinity;",
        tests: ["test/pool/delivery/event-loop-delivery.test.ts"],
        titles: "gets its turn after 1024",
      },
      {
        what: "an error that a callback throws is lost",
        text: "        reportError(error);\n",
        replacement: "",
        tests: ["test/pool/delivery/event-loop-delivery.test.ts"],
        titles: "that a callback throws is an uncaught exception",
      },
      {
        what: "the process may end before what is pending is delivered",
        text: "    this.#parts.turns.keepAlive(this.#parts.table.holdsProcess || this.#waiters.length > 0);\n",
        replacement: "",
        tests: ["test/pool/process-endings.test.ts"],
        titles: "a process ends by itself",
      },
      {
        what: "the event loop does not wait for the result of a run that was stopped",
        text: "this.#isPending || this.#parts.tasks.inUse > 0",
        replacement: "this.#isPending",
        tests: ["test/pool/cancellation.test.ts"],
        titles: "leaves no worker busy",
      },
      {
        what: "settled waits although no worker is left",
        text: "    for (const waiter of stranded) waiter.reject(noWorkersLeft(table.size));\n",
        replacement: "    this.#waiters = stranded;\n",
        tests: ["test/pool/delivery/event-loop-delivery.test.ts"],
        titles: "rejects when no worker is left",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/queue/item-cursors.ts",
    ["test/pool/queue/result-collector-of-a-dead-worker.test.ts"],
    [
      {
        what: "a killed worker goes on with items that another one gets",
        text: "within(takeRest(tasks.views, task, control.items), control.items);",
        replacement: "within(itemsBegun(tasks.views, task), control.items);",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/delivery/result-waiter.ts",
    ["test/pool/events.test.ts"],
    [
      {
        what: "a claim does not wake a parent that waits for room",
        text: "awaitWorkersAsync(this.#views, this.#queue.wish, ",
        replacement: "awaitWorkersAsync(this.#views, 1, ",
        tests: ["test/pool/delivery/result-waiter.test.ts"],
      },
      {
        what: "a claim does not wake a parent that blocks while its queue is full",
        text: "this.#channels.block(this.#queue.wish, this.#isDone, ",
        replacement: "this.#channels.block(1, this.#hasUnread, ",
        tests: ["test/pool/delivery/result-waiter.test.ts"],
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/event-loop/deadlines.ts",
    ["test/pool/event-loop/deadlines.test.ts"],
    [
      {
        what: "a deadline that fills a gap in the heap does not rise",
        text: "      this.#rise(last, last.index);\n",
        replacement: "",
      },
      {
        what: "the event loop runs the first deadline, and none after it",
        text: "    this.runDue();\n    this.#setTimer();\n",
        replacement: "    this.runDue();\n",
      },
      {
        what: "a deadline that has run is taken out again in another's place",
        text: "    deadline.index = NOWHERE;\n    const last",
        replacement: "    const last",
      },
    ],
  ),
];

/** Workers that die, are dismissed, killed, buried and replaced; requests that are ended before their time. */
const supervision: readonly SourceMutant[] = [
  ...mutantsOf(
    "src/pool/supervision/worker-supervisor.ts",
    [SUPERVISOR],
    [
      {
        what: "successors that wait for a slot are forgotten",
        text: "this.#lists.tryPayOwed()) this.grow();",
        replacement: "this.#lists.tryPayOwed()) return;",
      },
      {
        what: "a worker that finds no slot is not owed one",
        text: "      this.#lists.owe(record);\n",
        replacement: "      this.#lists.removeRunning(record);\n",
      },
      {
        what: "a terminated pool starts the successors that it owes",
        text: "!this.#isDisbanded && this.#lists.tryPayOwed()",
        replacement: "this.#lists.tryPayOwed()",
      },

      {
        what: "those who wait for a result fail while a successor waits for a slot",
        text: "(!whileBlocking && this.#lists.owed > 0)",
        replacement: "whileBlocking !== whileBlocking",
        tests: ["test/pool/supervision/worker-supervisor-without-pool.test.ts"],
        titles: "when every slot is taken",
      },
      {
        what: "a pool counts as ready while a successor waits for a slot",
        text: " && this.#lists.owed === 0;",
        replacement: ";",
        tests: ["test/pool/supervision/worker-supervisor-without-pool.test.ts"],
        titles: "when every slot is taken",
      },
      {
        what: "successors that wait for a slot start after the dismissal of all",
        text: "    this.#lists.takeBackOwed(count - newestFirst.length);\n",
        replacement: "",
        tests: ["test/pool/supervision/worker-supervisor-without-pool.test.ts"],
        titles: "when every slot is taken",
      },
      {
        what: "the slot of a killed worker is never free",
        text: "      this.#freeSlot(record);\n      this.#parts",
        replacement: "      this.#parts",
      },
      {
        what: "the tasks of a killed worker are never free",
        text: "      this.#tasks.freeAll(record.heldTasks);\n",
        replacement: "",
      },
      {
        what: "tasks that become free when a thread is gone are left to the next result",
        text: "      this.#parts.queue.refill();\n",
        replacement: "",
      },
      {
        what: "a worker is killed a second time",
        text: '    if (before === "killed" || before === "ended") return;\n',
        replacement: "",
      },
      {
        what: "a dismissed worker that is killed has a successor",
        text: '    if (before === "running") replace();',
        replacement: "    replace();",
      },
      {
        what: "a worker that is dismissed while it is parked is not woken",
        text: "    unpark(this.#views, record.channel.slot);\n",
        replacement: "",
      },
      {
        what: "a worker whose results make no sense lives on",
        text: "if (!this.#parts.collector.readResults(channel))\n",
        replacement:
          "if (!this.#parts.collector.readResults(channel)) return;\n    else if (channel === undefined)\n",
        tests: ["test/pool/queue/damage.test.ts"],
      },
      {
        what: "the bounds are those of the workers there were before",
        text: "    this.#parts.queue.limitToWorkers();\n",
        replacement: "",
        tests: ["test/parity/queue-bounds.test.ts"],
        titles: "resqSize",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/supervision/restart-policy.ts",
    ["test/pool/supervision/restart-policy.test.ts"],
    [
      {
        what: "workers that cannot start are started again for ever",
        text: "if (uselessStarts >= MOST_FAILURES && readyWorkers === 0) return false;",
        replacement: "if (readyWorkers < 0) return false;",
        tests: ["test/pool/supervision/restart-policy.test.ts"],
        titles: "again and again close the pool, with the reason",
      },
      {
        what: "a worker that ended because it had done its share counts as dead",
        text: '(lastPhase === "recycling" ? 0 : 1)',
        replacement: "1",
        tests: ["test/pool/supervision/recycling.test.ts"],
        titles: "maxRequestsPerWorker",
      },
      {
        what: "workers that end as soon as they are ready are replaced at once",
        text: "if (wasReady && failedStarts === 1) start();",
        replacement: "if (wasReady) start();",
        tests: ["test/pool/supervision/worker-supervisor-without-pool.test.ts"],
        titles: "served no request",
      },
      {
        what: "workers that end before they claim a request are started again for ever",
        text: "(!wasReady || leavesRequests ? 1 : 0)",
        replacement: "(!wasReady ? 1 : 0)",
        tests: ["test/pool/supervision/worker-supervisor-without-pool.test.ts"],
        titles: "served no request",
      },
      {
        what: "an idle pool whose workers end closes",
        text: "(!wasReady || leavesRequests ? 1 : 0)",
        replacement: "1",
        tests: ["test/pool/supervision/worker-supervisor-without-pool.test.ts"],
        titles: "served no request",
      },
      {
        what: "requests that are put again are slowed down by the deaths that they cause",
        text: "    if (hasServed) {\n",
        replacement: '    if (hasServed && lastPhase === "recycling") {\n',
        tests: ["test/pool/supervision/worker-supervisor-without-pool.test.ts"],
        titles: "served no request",
      },
      {
        what: "a worker that never runs our code is waited for",
        text: "      if (!hasStarted(views, record.channel.slot)) kill();\n",
        replacement: "",
        tests: ["test/pool/supervision/restart-policy.test.ts"],
        titles: "comes to a halt",
      },
      {
        what: "a dismissed worker whose initializer never ends is waited for",
        text: 'if (record.workerState === "dismissed" && !record.channel.isReady) kill();',
        replacement: "if (record.channel.isReady) kill();",
        tests: ["test/pool/supervision/initializer.test.ts"],
        titles: "holds up dismissWorkers",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/supervision/burials.ts",
    ["test/pool/supervision/worker-supervisor-without-pool.test.ts"],
    [
      {
        what: "a worker that has lost a request counts as one that has served none",
        text: "        record.hasLostRequests = tasks.length > 0;\n",
        replacement: "",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/supervision/run-stops.ts",
    ["test/pool/cancellation.test.ts"],
    [
      {
        what: "a worker that has completed its run by itself is killed for not stopping",
        text: "if (tasks.tryDecideEnd(pending)) this.#supervisor.kill(record);",
        replacement: "this.#supervisor.kill(record);",
        titles: "just as its grace does",
      },
      {
        what: "a worker is killed with the runs beside the one that does not stop",
        text: 'record.workerState === "retiring" && !this.#parts.tasks.runsPending(record.channel.slot)',
        replacement: 'record.workerState === "retiring"',
        titles: "spares the others",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/supervision/reactor.ts",
    ["test/parity/pool.test.ts"],
    [
      {
        what: "the parent does not look for work in the backlog",
        text: "    this.#queue.refill();\n",
        replacement: "",
        titles: "more requests than",
      },
      {
        what: "a parent that blocks lets its deadlines pass",
        text: "    this.#deadlines.runDue();\n",
        replacement: "",
        tests: ["test/pool/time-limits.test.ts"],
        titles: "in a blocked parent",
      },
      {
        what: "the event drain does not come",
        text: "    this.#queue.noteRoom();\n",
        replacement: "",
        tests: ["test/pool/events.test.ts"],
        titles: "that its queue is full",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/cancellation.ts",
    ["test/pool/cancellation.test.ts"],
    [
      {
        what: "the room of a request that was withdrawn is left empty",
        text: "    if (isWithdrawn) this.#queue.refill();\n    else",
        replacement: "    if (!isWithdrawn)",
        tests: ["test/pool/cancellation.test.ts"],
        titles: "leaves the room",
      },
      {
        what: "a run that does not stop is never ended",
        text: "        else stops.end(stop, pending);\n",
        replacement: "",
        titles: "replaced after graceMs",
      },
      {
        what: "a run whose request was ended does not hear that it is to stop",
        text: "this.#supervisor.stops.request(run, encoded && reasonMessage(run, encoded));",
        replacement: "undefined as RequestedStop | undefined;",
        titles: "is seen by",
      },
      {
        what: "the grace period of a run counts while it cannot hear of its stop",
        text: "if (!stops.couldHear(stop)) look(LOOK_AGAIN_MS, true);\n        else if",
        replacement: "if",
        titles: "nothing dies",
      },
      {
        what: "the wait in the queue counts as time of the run",
        text: "if (ranMs < timeoutMs) this",
        replacement: "if (ranMs > timeoutMs) this",
        tests: ["test/pool/time-limits.test.ts"],
        titles: "begins with the run",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/admission.ts",
    ["test/parity/queue-bounds.test.ts"],
    [
      {
        what: "a put that waits for room reads no results",
        text: "      reactor.react();\n",
        replacement: "",
        titles: "cannot deadlock",
      },
      {
        what: "a put waits for room although no worker is left",
        text: "if (!supervisor.canDeliver && waitMs === Infinity)",
        replacement: "if (waitMs < 0)",
        titles: "no worker is left",
      },
    ],
  ),
];

export const POOL_MUTANTS: readonly SourceMutant[] = [...queue, ...settling, ...supervision];
