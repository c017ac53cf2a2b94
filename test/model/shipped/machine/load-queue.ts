/**
 * Loads the files of native-queue with other globals in their scope. The files are bundled as they are. A mutation
 * replaces one piece of text in one of them first.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type * as Arena from "../../../../native-queue/arena.ts";
import type * as BitSets from "../../../../native-queue/bit-sets.ts";
import type * as Board from "../../../../native-queue/board.ts";
import type * as BoardBuffers from "../../../../native-queue/board-buffers.ts";
import type * as BoardCell from "../../../../native-queue/board-cell.ts";
import type * as BoardTaker from "../../../../native-queue/board-taker.ts";
import type * as BoardFigures from "../../../../native-queue/board-figures.ts";
import type * as BurialOrder from "../../../../native-queue/burial.ts";
import type * as Gate from "../../../../native-queue/gate.ts";
import type * as Helpers from "../../../../native-queue/helpers.ts";
import type * as ItemCursor from "../../../../native-queue/item-cursor.ts";
import type * as Layout from "../../../../native-queue/layout.ts";
import type * as Offers from "../../../../native-queue/offers.ts";
import type * as Parker from "../../../../native-queue/parker.ts";
import type * as ParkUntil from "../../../../native-queue/park-until.ts";
import type * as RequestRing from "../../../../native-queue/request-ring.ts";
import type * as ResultRing from "../../../../native-queue/result-ring.ts";
import type * as TaskRun from "../../../../native-queue/task-run.ts";
import type * as TaskState from "../../../../native-queue/task-state.ts";
import type * as WaitStrategy from "../../../../native-queue/wait-strategy.ts";
import type * as WorkerWords from "../../../../native-queue/worker-words.ts";
import type { Globals } from "./stage.ts";

/** Everything that any file of native-queue exports. */
export type NativeQueue = typeof Arena &
  typeof BitSets &
  typeof Board &
  typeof BoardBuffers &
  typeof BoardCell &
  typeof BoardTaker &
  typeof BoardFigures &
  typeof Helpers &
  typeof BurialOrder &
  typeof Gate &
  typeof ItemCursor &
  typeof Layout &
  typeof Offers &
  typeof ParkUntil &
  typeof Parker &
  typeof RequestRing &
  typeof ResultRing &
  typeof TaskRun &
  typeof TaskState &
  typeof WaitStrategy &
  typeof WorkerWords;

/** One change to one file. */
export interface Mutation {
  readonly file: string;
  /** The text to replace. It must occur exactly once in the file. */
  readonly text: string;
  readonly replacement: string;
}

/** The folder of native-queue. */
export const FOLDER: string = join(import.meta.dir, "../../../../native-queue");
const DOOR = join(FOLDER, "every-export.ts");

/** The text of a file with a mutation applied. Throws when the text to replace does not occur exactly once. */
export function mutate(source: string, { file, text, replacement }: Mutation): string {
  if (source.split(text).length !== 2)
    throw new Error(`The text to replace must occur once: file=${file} text=${text}`);
  return source.replace(text, () => replacement);
}

/** The code of native-queue as one function of the globals that it uses. */
export class QueueCode {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Loads the shipped files, with one mutation or none. */
  static async load(mutation?: Mutation): Promise<QueueCode> {
    const names = (await readdir(FOLDER)).filter(
      (name) => name.endsWith(".ts") && name !== "index.ts",
    );
    const files: Record<string, string> = {
      [DOOR]: names.map((name) => `export * from "./${name}";`).join("\n"),
    };
    if (mutation !== undefined) {
      const path = join(FOLDER, mutation.file);
      files[path] = mutate(await Bun.file(path).text(), mutation);
    }
    const { outputs } = await Bun.build({
      entrypoints: [DOOR],
      files,
      format: "cjs",
      target: "node",
    });
    const text = await (outputs[0] as Bun.BuildArtifact).text();
    // Private names become properties, so that the values of two objects can be compared.
    return new QueueCode(text.replaceAll(/#(?=[a-z])/gi, "private_"));
  }

  /** A new instance that shares nothing with any other. */
  run(globals: Globals): NativeQueue {
    const module = { exports: {} as NativeQueue };
    const scope = { ...globals, module, exports: module.exports };
    // oxlint-disable-next-line typescript/no-implied-eval -- globals can be replaced in no other way
    new Function(...Object.keys(scope), this.#text)(...Object.values(scope));
    return module.exports;
  }
}
