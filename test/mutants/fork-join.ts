import { mutantsOf } from "./mutant.ts";
import type { SourceMutant } from "./mutant.ts";

const EDGES = ["test/fork-join/edges.test.ts"];
const UNCAUGHT = ["test/fork-join/uncaught.test.ts"];

export const FORK_JOIN_MUTANTS: readonly SourceMutant[] = [
  ...mutantsOf("src/fork-join/tree.ts", EDGES, [
    {
      what: "a child that ends before its children does not stop them",
      text: "    this.root.hasLeftBehind = true;\n",
      replacement: "",
      titles: "when it is a child itself",
    },
    {
      what: "a child whose signal is in use is not told of a stop above it",
      text: "      if (!this.isOver) this.root.listen(this);\n",
      replacement: "",
      titles: "hears of it by its signal",
    },
  ]),
  ...mutantsOf("src/fork-join/outcome-children.ts", EDGES, [
    {
      what: "the error of a child that was left behind ends the worker",
      text: "    if (this.parent.mustStop) this.promise.catch(() => {});\n",
      replacement: "",
      titles: "costs no worker",
    },
  ]),
  ...mutantsOf("src/fork-join/fork-join.ts", EDGES, [
    {
      what: "the error of a collection that was left behind ends the worker",
      text: "      if (parent.mustStop) promise.catch(() => {});\n",
      replacement: "",
      titles: "costs no worker",
    },
  ]),
  ...mutantsOf("src/fork-join/buffer-names.ts", EDGES, [
    {
      what: "the buffer of an outcome is forgotten with the taker's next child",
      text: "    numbers.push(number);\n",
      replacement: "    this.#own.add(number);\n",
      titles: "shared memory in many results",
    },
  ]),
  ...mutantsOf("src/fork-join/taken-run.ts", EDGES, [
    {
      what: "a taken child that waits for its signal is not woken by a stop",
      text: "      void this.#watchForStop();\n",
      replacement: "",
      titles: "hears of it by its signal",
    },
  ]),
  ...mutantsOf(
    "src/fork-join/sharing.ts",
    ["test/fork-join/fork-join.test.ts"],
    [
      {
        what: "an owner does not take back what nobody takes",
        text: "      if (!this.#owner.tryTakeBack(cell)) continue;\n",
        replacement: "      if (cell >= 0 || !this.#owner.tryTakeBack(cell)) continue;\n",
        titles: "with 2 workers",
      },
      {
        what: "a child whose worker has died runs again without retries",
        text: "child.attempt <= (child.control?.retries ?? 0)",
        replacement: "child.attempt <= 1",
        titles: "fail the child whose worker dies",
      },
    ],
  ),
  ...mutantsOf("src/fork-join/taker.ts", UNCAUGHT, [
    {
      what: "uncaught: the error is that of every child of the worker",
      text: "run === thrower?.root",
      replacement: "run !== thrower",
      titles: "an error of a stranger, by timer",
    },
    {
      what: "uncaught: the error is that of no child",
      text: "run === thrower?.root",
      replacement: "run === thrower",
      titles: "has left behind",
    },
    {
      what: "uncaught: a child that has not begun is lost",
      text: "      if (run === undefined) this.#sender.giveBack(taken);\n      else if",
      replacement: "      if (run === undefined) continue;\n      else if",
      titles: "had not begun",
    },
  ]),
  ...mutantsOf("src/fork-join/sharing.ts", UNCAUGHT, [
    {
      what: "uncaught: a child that is lost so does not run again",
      text: "    if ((status & STATUS_MASK) === DIED) return this.#lose(offer, value);\n",
      replacement: "",
      titles: "lets a child with retries",
    },
  ]),
  ...mutantsOf("src/worker/run-loop.ts", UNCAUGHT, [
    {
      what: "uncaught: the parent hears nothing when the worker runs children alone",
      text: "    else this.#responder.tellUncaught(error);\n",
      replacement: "    else if (!isInChild) this.#responder.tellUncaught(error);\n",
      titles: "by timer, that ends the worker",
    },
  ]),
  ...mutantsOf("src/pool/supervision/worker-supervisor.ts", EDGES, [
    {
      what: "a child whose owner is dead goes on for as long as it likes",
      text: "    this.stops.limitOrphans();\n",
      replacement: "",
      titles: "does not hear that its parent",
    },
  ]),
];
