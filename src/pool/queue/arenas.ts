import { Arena, NO_BLOCK, createArenaMemory } from "../../../native-queue/index.ts";
import { ARENAS, LONG_ARENA, arenaIndexAt } from "../../protocol/index.ts";
import type { ArenaPlan, EncodedValue } from "../../protocol/index.ts";
import { Uint8Array } from "../../runtime/index.ts";
import type { ChannelSet } from "./channel-set.ts";
import { Spills } from "./spills.ts";
import type { WorkerChannel } from "./worker-channel.ts";

/** Up to this part of an arena a payload may lie there while there is room, so that a few cannot fill it. */
const MOST_OF_ARENA = 1 / 16;
/** Up to this length a payload lies in an arena while there is room, and a longer one while there is plenty. */
export const LONGEST_IN_ARENA: number = LONG_ARENA.bytes * MOST_OF_ARENA;
/** So much of the long arena long payloads may take together. A longer one is spilled into memory of its own. */
export const MOST_FOR_LONG: number = LONG_ARENA.bytes / 2;

/** An arena that was made: who has which block, and its bytes. */
interface MadeArena {
  readonly plan: ArenaPlan;
  readonly blocks: Arena;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/** Shared memory for payloads that do not fit into a task. Each arena is made for the first payload that needs it. */
export class Arenas {
  /** For what is too large. */
  readonly spills: Spills = new Spills();
  readonly #channels: ChannelSet;
  /** In the order of `ARENAS`. */
  readonly #made: (MadeArena | undefined)[] = [undefined, undefined, undefined];

  /** @param channels get an arena before the first request whose payload lies there is put */
  constructor(channels: ChannelSet) {
    this.#channels = channels;
  }

  /**
   * Whether a payload may lie in an arena, so that it need not be spilled. An arena is memory that was used before; a spill
   * is new, and the system has to clear its pages first, which takes longer than to copy into them.
   */
  isForArena(length: number): boolean {
    if (length <= LONGEST_IN_ARENA) return true;
    const long = this.#arena(ARENAS.length - 1);
    return long !== undefined && long.blocks.freeBytes - roomFor(length) >= MOST_FOR_LONG;
  }

  /** Copies a payload into an arena. Returns its location, or `NO_BLOCK` when there is no room. */
  tryStore(encoded: EncodedValue, length: number): number {
    for (let index = 0; index < ARENAS.length; index++) {
      const isLast = index === ARENAS.length - 1;
      if (!isLast && length > ARENAS[index]!.bytes * MOST_OF_ARENA) continue;
      const location = tryStoreIn(this.#arena(index), encoded, length);
      if (location !== NO_BLOCK) return location;
    }
    return NO_BLOCK;
  }

  /** The arena in which a location lies, and the offset there. */
  placeOf(location: number): { readonly bytes: Uint8Array; readonly offset: number } {
    const { plan, bytes } = this.#at(location);
    return { bytes, offset: location - plan.start };
  }

  /** Makes the block of a payload free for another one. */
  free(location: number): void {
    const { plan, blocks } = this.#at(location);
    blocks.free(location - plan.start);
  }

  /** Posts to a new worker the arenas that the others have got. */
  introduce(channel: WorkerChannel): void {
    for (const made of this.#made) {
      if (made !== undefined) channel.post({ id: made.plan.number, buffer: made.bytes.buffer });
    }
  }

  #at(location: number): MadeArena {
    return this.#made[arenaIndexAt(location)] as MadeArena;
  }

  #arena(index: number): MadeArena | undefined {
    return (this.#made[index] ??= this.#tryMake(ARENAS[index]!));
  }

  /** Returns undefined when the system has no memory for it. */
  #tryMake(plan: ArenaPlan): MadeArena | undefined {
    try {
      const bytes = new Uint8Array(createArenaMemory(plan.bytes));
      this.#channels.post({ id: plan.number, buffer: bytes.buffer });
      return { plan, blocks: new Arena(plan.bytes), bytes };
    } catch {
      return undefined;
    }
  }
}

function tryStoreIn(arena: MadeArena | undefined, encoded: EncodedValue, length: number): number {
  const block = arena?.blocks.tryAllocate(length) ?? NO_BLOCK;
  if (arena === undefined || block === NO_BLOCK) return NO_BLOCK;
  encoded.copyTo(arena.bytes, block);
  return arena.plan.start + block;
}

/** The size of the block that holds so many bytes. */
function roomFor(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
