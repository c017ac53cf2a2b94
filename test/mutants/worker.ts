import { mutantsOf } from "./mutant.ts";
import type { SourceMutant } from "./mutant.ts";

export const WORKER_MUTANTS: readonly SourceMutant[] = [
  ...mutantsOf(
    "src/worker/outbox.ts",
    ["test/worker/outbox.test.ts"],
    [
      {
        what: "a result is published, and the parent is not woken",
        text: "    this.#writer.publish(task, generation, status, payloadBytes);\n    wakeParent(this.#views);\n",
        replacement: "    this.#writer.publish(task, generation, status, payloadBytes);\n",
        tests: ["test/parity/pool.test.ts"],
      },
      {
        what: "a number is published, and the parent is not woken",
        text: "    writer.publish(task, generation, SUCCEEDED | RESULT_IS_NUMBER, NUMBER_BYTES);\n    wakeParent(this.#views);\n",
        replacement:
          "    writer.publish(task, generation, SUCCEEDED | RESULT_IS_NUMBER, NUMBER_BYTES);\n",
        tests: ["test/worker/outbox.test.ts"],
      },
      {
        what: "the times of a run are kept for the next run of the task",
        text: "    this.#startedAt.delete(task);\n",
        replacement: "",
      },
      {
        what: "a run whose end the parent has decided publishes its result",
        text: "    if (this.#isOverruled(task, status)) this.#gate.giveUp();\n",
        replacement: "",
      },
      {
        what: "a worker that was killed publishes all the same",
        text: "    if (!this.#gate.tryEnter()) return;\n    this.#writer",
        replacement: "    this.#gate.tryEnter();\n    this.#writer",
      },
    ],
  ),
  ...mutantsOf(
    "src/worker/responder.ts",
    ["test/worker/responder.test.ts"],
    [
      {
        what: "the next result does not wait for the one that waits for space",
        text: "    if (this.#waitingReply !== undefined)\n      return this.#waitingReply.then(() => this.replySuccess(task, value));\n",
        replacement: "",
      },
      {
        what: "a result that had to wait for space leaves its task running",
        text: "      return this.#replyError(task, error);\n    }\n    this.#onEnd(task);\n",
        replacement: "      return this.#replyError(task, error);\n    }\n",
      },
      {
        what: "a result that waits for space is not copied",
        text: '    this.#encoder.flatten("result");\n',
        replacement: "",
      },
      {
        what: "an uncaught error fails only one of the requests of its worker",
        text: "for (const task of tasks) {",
        replacement: "for (const task of tasks.slice(0, 1)) {",
      },
    ],
  ),
  ...mutantsOf(
    "src/worker/active-runs.ts",
    ["test/worker/active-runs.test.ts"],
    [
      {
        what: "one more run at a time than there may be",
        text: "this.#waiting.size < this.#concurrency ?",
        replacement: "this.#waiting.size <= this.#concurrency ?",
      },
      {
        what: "a run that has ended still counts as waiting",
        text: "else this.#waiting.delete(task);",
        replacement: "",
      },
      {
        what: "the end of a run wakes no claim that waits for it",
        text: "    this.#onEnd?.();\n",
        replacement: "",
      },
      {
        what: "what a run has left behind goes on as the task's next run",
        text: "    run.task = NO_TASK;\n",
        replacement: "",
      },
    ],
  ),
  ...mutantsOf(
    "src/worker/recycle-limits.ts",
    ["test/worker/recycle-limits.test.ts"],
    [
      {
        what: "a worker runs one request more than its limit",
        text: "this.#requestsLeft <= 0",
        replacement: "this.#requestsLeft < 0",
      },
      {
        what: "garbage counts as memory that is in use",
        text: "engine().heapSize() > limit;",
        replacement: "true;",
      },
    ],
  ),
  ...mutantsOf(
    "src/worker/inbox.ts",
    ["test/worker/inbox.test.ts"],
    [
      {
        what: "a message that is posted while the port is read lies there unread",
        text: "    this.#postedSeen = posted;\n",
        replacement: "    this.#postedSeen = postedCount(this.#views, this.#slot);\n",
      },
      {
        what: "what was posted for requests of others piles up",
        text: "      this.#outOfBand.delete(task);\n      this.#droppedBytes",
        replacement: "      this.#droppedBytes",
      },
      {
        what: "a worker whose ring is full does not ask for what is moved to it",
        text: "if (!tryAsk()) await this.#outbox.untilSpace(tryAsk);",
        replacement: "tryAsk();",
      },
    ],
  ),
  ...mutantsOf(
    "src/worker/run-loop.ts",
    ["test/worker/run-loop.test.ts"],
    [
      {
        what: "a worker that was killed runs what it has just claimed",
        text: "if (!this.#gate.leave()) return NEVER;",
        replacement: "this.#gate.leave();",
      },
      {
        what: "the last worker that searches does not hand the search on",
        text: "    endSearch(this.#gate);\n",
        replacement: "",
        tests: ["test/parity/pool.test.ts"],
        titles: "leaves no worker asleep",
      },
      {
        what: "a request that was stopped while its callable was loaded runs",
        text: "      if (isStopRequested(this.views, task)) throw new StoppedBeforeItRan();\n",
        replacement: "",
      },
      {
        what: "a dismissed worker ends with runs that wait in its event loop",
        text: "    await this.activeRuns.allDone();\n",
        replacement: "",
      },
      {
        what: "requests back to back leave the event loop no turn",
        text: "this.#state === RUNNING && this.#yieldBudget.isTurnDue()",
        replacement: "this.#state < 0",
      },
      {
        what: "requests do not count against the limit of their worker",
        text: "    this.#limits.countRequest();\n",
        replacement: "",
      },
      {
        what: "a worker that has reached its limit does not say so",
        text: "if (this.#limits.isReached()) announceRecycling(this.views, this.#slot);",
        replacement: "",
      },
    ],
  ),
];
