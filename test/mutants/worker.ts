import { mutantsOf } from "./mutant.ts";
import type { SourceMutant } from "./mutant.ts";

export const WORKER_MUTANTS: readonly SourceMutant[] = [
  ...mutantsOf(
    "src/worker/outbox.ts",
    ["test/pool/delivery/event-loop-delivery.test.ts"],
    [
      {
        what: "a result is published, and the parent is not woken",
        text: "    wakeParent(this.#views);\n",
        replacement: "",
        tests: ["test/parity/pool.test.ts"],
      },
      {
        what: "the times of a run are kept for the next run of the task",
        text: "    this.#startedAt.delete(task);\n",
        replacement: "",
        tests: ["test/worker/outbox.test.ts"],
      },
      {
        what: "the times of a run are not counted among the bytes of its frame",
        text: "length + timesBytes > this.#writer.maxPayloadBytes",
        replacement: "length > this.#writer.maxPayloadBytes",
        tests: ["test/worker/outbox.test.ts"],
      },
      {
        what: "a run whose end the parent has decided publishes its result",
        text: "    if (this.#isOverruled(task, status)) this.#gate.giveUp();\n",
        replacement: "",
        tests: ["test/worker/outbox.test.ts"],
      },
      {
        what: "a worker that was killed publishes all the same",
        text: "    if (!this.#gate.tryEnter()) return;\n    this.#writer",
        replacement: "    this.#gate.tryEnter();\n    this.#writer",
        tests: ["test/worker/outbox.test.ts"],
      },
    ],
  ),
  ...mutantsOf(
    "src/worker/responder.ts",
    ["test/pool/concurrency.test.ts"],
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
        tests: ["test/worker/responder.test.ts"],
      },
      {
        what: "an uncaught error fails only one of the requests of its worker",
        text: "for (const task of tasks) {",
        replacement: "for (const task of tasks.slice(0, 1)) {",
        tests: ["test/pool/concurrency.test.ts"],
        titles: "are all told",
      },
      {
        what: "an error of which a part cannot be sent is not told without it",
        text: "return this.#reply(task, FAILED, encodeFailure(this.#encoder, bareError(error)));",
        replacement: "throw error;",
        tests: ["test/pool/values.test.ts"],
        titles: "of an error is left out",
      },
    ],
  ),
  ...mutantsOf(
    "src/worker/active-runs.ts",
    ["test/pool/concurrency.test.ts"],
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
        tests: ["test/pool/context.test.ts"],
      },
    ],
  ),
  ...mutantsOf(
    "src/worker/recycle-limits.ts",
    ["test/pool/supervision/recycling.test.ts"],
    [
      {
        what: "a worker runs one request more than its limit",
        text: "this.#requestsLeft <= 0",
        replacement: "this.#requestsLeft < 0",
      },
      {
        what: "garbage counts as memory that is in use",
        text: "this.#isTooLarge = engine().heapSize() > this.#memoryLimitBytes;",
        replacement: "this.#isTooLarge = true;",
      },
    ],
  ),
];
