import { mutantsOf } from "./mutant.ts";
import type { SourceMutant } from "./mutant.ts";

/** Streams, broadcasts, and what AsyncLocalStorages carry. */
export const STREAM_MUTANTS: readonly SourceMutant[] = [
  ...mutantsOf(
    "src/collections/stream-runner.ts",
    ["test/pool/stream.test.ts"],
    [
      {
        what: "a generator runs ahead of its credit",
        text: "      if (this.#credit === 0) {",
        replacement: "      if (this.#credit === Infinity) {",
        tests: ["test/collections/stream-runner.test.ts"],
      },
      {
        what: "a generator that is to end does not run its finally",
        text: "this.#task)) return end(iterator);",
        replacement: "this.#task)) return undefined;",
        titles: "runs the generator's finally",
      },
      {
        what: "a value that cannot cross leaves its generator in the middle",
        text: "      await end(iterator);\n      throw error;",
        replacement: "      throw error;",
        titles: "PayloadError",
      },
    ],
  ),
  ...mutantsOf(
    "src/collections/stream.ts",
    ["test/pool/stream.test.ts"],
    [
      {
        what: "the worker is not told of values that were taken by a next that waited",
        text: "    this.#noteTaken();\n    waiting.resolve",
        replacement: "    waiting.resolve",
        titles: "with a buffer of 1$",
      },
      {
        what: "a stream can be iterated twice",
        text: "    this.#isIterated = true;\n",
        replacement: "",
        titles: "second iteration",
      },
      {
        what: "what comes before an abort is given after it",
        text: '    if (outcome === "cancelled") this.#drop();\n',
        replacement: "",
        titles: "is aborted",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/request/chunk-request.ts",
    ["test/pool/stream.test.ts"],
    [
      {
        what: "a stream runs again although values of it have come",
        text: "    this.control.endRetries();\n",
        replacement: "",
        titles: "WorkerDied",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/request/request-table.ts",
    ["test/pool/stream.test.ts"],
    [
      {
        what: "a stream whose consumer does not wait keeps the process alive",
        text: "    for (const { isAwaited } of this.streams) if (isAwaited) return true;\n",
        replacement: "    if (this.streams.size > 0) return true;\n",
        titles: "drops",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/queue/offers.ts",
    ["test/pool/broadcast.test.ts"],
    [
      {
        what: "every broadcast to a busy worker has a task",
        text: "      if (lane.current !== undefined && lane.current.location !== NOWHERE) continue;\n",
        replacement: "",
        tests: ["test/pool/queue/offers.test.ts"],
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/queue/task-table.ts",
    ["test/pool/broadcast.test.ts"],
    [
      {
        what: "broadcasts count against the limit of the ring",
        text: "this.inUse - this.#offered < this.limit",
        replacement: "this.inUse < this.limit",
        titles: "leave a worker that is free its work",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/supervision/worker-supervisor.ts",
    ["test/pool/broadcast.test.ts"],
    [
      {
        what: "a dismissed worker keeps the broadcasts that it has not begun",
        text: "    this.#parts.queue.endOffers(record.channel.slot);\n",
        replacement: "",
        titles: "leaves nothing pending",
      },
      {
        what: "the broadcasts of a killed worker are left",
        text: "    this.#parts.queue.endOffers(channel.slot, () => endedBefore(record, null));\n",
        replacement: "",
        titles: "before its turn",
      },
    ],
  ),
  ...mutantsOf(
    "src/callable/carried-storages.ts",
    ["test/pool/carried-context.test.ts"],
    [
      {
        what: "only the first of the stores is entered",
        text: "return carried.storage.run(store, () => withStores(storages, stores, call, from + 1));",
        replacement: "return carried.storage.run(store, call);",
        titles: "stands in place of the pool's",
      },
    ],
  ),
  ...mutantsOf(
    "src/pool/request/pending-request.ts",
    ["test/pool/carried-context.test.ts"],
    [
      {
        what: "a callback has the context of the delivery",
        text: "    this.enterContext(callBack, this);",
        replacement: "    callBack(this);",
        titles: "in its callbacks",
      },
    ],
  ),
];
