import { isChildStopped, parkRounds, parkUntil } from "../../native-queue/index.ts";
import type { TakenChild, WorkerGate } from "../../native-queue/index.ts";
import { loadStorages, loadedStorages } from "../callable/load.ts";
import type { CarriedStorage } from "../callable/load.ts";
import { LazyDecoder } from "../codec/index.ts";
import { DataView, Promise, Uint8Array } from "../runtime/index.ts";
import type { BufferNames } from "./buffer-names.ts";
import { PREFIX_BYTES } from "./child-format.ts";
import type { ChildHead } from "./child-format.ts";
import { loadCallableOf, loadedCallableOf } from "./callables.ts";
import type { ChildCallable } from "./callables.ts";
import { itemsOfPart } from "./items.ts";
import type { Items, Part } from "./items.ts";

/** A child of another worker, with all that its call needs. */
export interface ReadyChild {
  readonly taken: TakenChild;
  readonly head: ChildHead;
  readonly callable: ChildCallable;
  readonly args: readonly unknown[];
  /** The items that it calls the callable for; undefined for a single call. */
  readonly range: Items | undefined;
  /** The storages whose stores it gets, and these. */
  readonly carried: readonly CarriedStorage[] | undefined;
  readonly stores: readonly unknown[];
}

const NONE: readonly unknown[] = [];

/** Reads the children of other workers. */
export class ChildReader {
  readonly #gate: WorkerGate;
  readonly #names: BufferNames;
  readonly #decoder: LazyDecoder;

  /** @param names finds the shared buffers among the arguments */
  constructor(gate: WorkerGate, names: BufferNames) {
    this.#gate = gate;
    this.#names = names;
    this.#decoder = new LazyDecoder(names.bufferOf, "args");
  }

  headOf({ payload }: TakenChild): ChildHead {
    const end = PREFIX_BYTES + prefixOf(payload, 1);
    return this.#decoder.made.decode(payload, PREFIX_BYTES, end) as ChildHead;
  }

  /** The child; undefined when something has to be loaded for it, or has not arrived. */
  tryRead(taken: TakenChild, head: ChildHead): ReadyChild | undefined {
    const callable = loadedCallableOf(head[0]);
    const places = head[4];
    const carried = places === undefined ? undefined : loadedStorages(places);
    if (callable === undefined || (places !== undefined && carried === undefined)) return undefined;
    return this.#ready(taken, head, callable, carried);
  }

  /**
   * The same, with everything loaded.
   *
   * @returns undefined when a buffer among the arguments never comes, or the child is to stop before it has come
   */
  async read(taken: TakenChild, head: ChildHead): Promise<ReadyChild | undefined> {
    const callable = await loadCallableOf(head[0]);
    const carried = head[4] === undefined ? undefined : await loadStorages(head[4]);
    const ready = this.#ready(taken, head, callable, carried);
    if (ready !== undefined) return ready;
    // It was posted before this worker listened.
    if (prefixOf(taken.payload, 0) < this.#names.listener) return undefined;
    return this.#whenArrived(taken, () => this.#ready(taken, head, callable, carried));
  }

  #ready(
    taken: TakenChild,
    head: ChildHead,
    callable: ChildCallable,
    carried: readonly CarriedStorage[] | undefined,
  ): ReadyChild | undefined {
    const values = this.#valuesOf(taken, head);
    if (values === undefined) return undefined;
    const args = carried === undefined ? values : values.slice(0, -1);
    const stores = carried === undefined ? NONE : (values.at(-1) as readonly unknown[]);
    const range = head[7] ? itemsOfPart(args as unknown as Part) : undefined;
    return { taken, head, callable, args, range, carried, stores };
  }

  /** The arguments of a child, and its stores behind them; undefined while a buffer among them has not arrived. */
  #valuesOf({ payload }: TakenChild, head: ChildHead): readonly unknown[] | undefined {
    this.#names.hasMissed = false;
    const decoder = this.#decoder.made;
    try {
      const start = PREFIX_BYTES + prefixOf(payload, 1);
      const values = decoder.decode(payload, start, payload.length) as readonly unknown[];
      const spilledBytes = head[5];
      if (spilledBytes === 0) return values;
      const spill = new Uint8Array(values[0] as SharedArrayBuffer);
      return decoder.decode(spill, 0, spilledBytes) as readonly unknown[];
    } catch (error) {
      if (this.#names.hasMissed) return undefined;
      throw error;
    }
  }

  /** A buffer never comes when its owner has died with the message. Then the child is to stop, and burials unpark this worker. */
  #whenArrived(
    taken: TakenChild,
    read: () => ReadyChild | undefined,
  ): Promise<ReadyChild | undefined> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const end = (): void => {
        isOver = true;
        stop();
      };
      const stop = this.#names.onArrival(() => {
        try {
          const ready = read();
          if (ready === undefined) return;
          end();
          resolve(ready);
        } catch (error) {
          end();
          reject(error);
        }
      });
      const { views, worker } = this.#gate;
      const look = (): boolean => isOver || isChildStopped(views, taken);
      const giveUp = async (): Promise<void> => {
        await parkUntil(parkRounds(views, worker, { look, blockMs: 0 }));
        end();
        resolve(undefined);
      };
      void giveUp();
    });
  }
}

/** One of the two numbers at the beginning of a payload. */
function prefixOf(payload: Uint8Array, index: number): number {
  return new DataView(payload.buffer, payload.byteOffset).getInt32(index * 4, true);
}
