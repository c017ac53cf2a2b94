/** What the storm's requests carry: a payload of any size on every way that a payload can take. */
import type { Random } from "./random.ts";

export interface Payload {
  /** For the dump of a storm that hangs. */
  readonly kind: string;
  readonly weight: number;
  readonly value: unknown;
  /** Buffers in it that are to be moved to the worker. */
  readonly transfer: readonly ArrayBuffer[];
}

interface Kind {
  readonly kind: string;
  readonly weight: number;
  readonly make: (random: Random) => unknown;
  readonly isMoved?: boolean;
}

const KB = 1 << 10;
const MB = 1 << 20;
/** From here on arguments travel in memory of their own. */
const SPILLED_BYTES = 4 * MB;

/** Shared memory that workers come to know by number. */
const SENT_AGAIN = Array.from({ length: 8 }, (_, i) =>
  new Uint8Array(new SharedArrayBuffer(1000 * i)).fill(i),
);

const KINDS: readonly Kind[] = [
  {
    kind: "empty",
    weight: 10,
    make: (random) => random.pick([undefined, null, "", [], {}, new Uint8Array(0)]),
  },
  {
    kind: "inline",
    weight: 40,
    make: (random) => random.pick([random.between(-1e9, 1e9), textOf(random, 40), true, -0]),
  },
  { kind: "nested", weight: 20, make: (random) => nested(random, random.between(1, 4)) },
  {
    kind: "arena",
    weight: 26,
    make: (random) => bytesOf(random, random.sizeBetween(100, 256 * KB)),
  },
  { kind: "text", weight: 6, make: (random) => textOf(random, random.sizeBetween(100, 64 * KB)) },
  { kind: "shared", weight: 4, make: (random) => sharedBytes(random, random.between(1, 4 * KB)) },
  { kind: "shared again", weight: 4, make: (random) => random.pick(SENT_AGAIN) },
  {
    kind: "moved",
    weight: 4,
    isMoved: true,
    make: (random) => bytesOf(random, random.sizeBetween(100, 64 * KB)).buffer,
  },
  {
    kind: "large",
    weight: 0.3,
    make: (random) => bytesOf(random, random.between(MB, SPILLED_BYTES)),
  },
  {
    kind: "spilled",
    weight: 0.2,
    make: (random) => bytesOf(random, random.between(SPILLED_BYTES, 6 * MB)),
  },
];

/** @param canMove whether a buffer that is moved may be among them */
export function makePayload(random: Random, canMove: boolean): Payload {
  const { kind, weight, make, isMoved } = random.pickWeighted(
    canMove ? KINDS : KINDS.filter((each) => each.isMoved !== true),
  );
  const value = make(random);
  return { kind, weight, value, transfer: isMoved === true ? [value as ArrayBuffer] : [] };
}

/**
 * Bytes beside a result: none or few mostly, now and then more than its ring takes.
 *
 * @param areLong half of them come near to the most that travels in a ring, an eighth of it
 */
export function makeResultBytes(random: Random, areLong: boolean): number {
  if (areLong && random.chance(0.5)) return random.between(60 * KB, 120 * KB);
  if (random.chance(0.7)) return 0;
  if (random.chance(0.97)) return random.sizeBetween(1, 120 * KB);
  return random.sizeBetween(128 * KB, MB);
}

function bytesOf(random: Random, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length).fill(random.between(0, 255));
  for (let i = random.between(0, 63); i < length; i += 997) bytes[i] = random.between(0, 255);
  return bytes;
}

function sharedBytes(random: Random, length: number): Uint8Array<SharedArrayBuffer> {
  const shared = new Uint8Array(new SharedArrayBuffer(length));
  shared.set(bytesOf(random, length));
  return shared;
}

function textOf(random: Random, length: number): string {
  const unit = random.pick(["a", "é", "語", "🌀", "\ud800"]);
  return `${random.between(0, 1e9)} ${unit.repeat(random.between(0, length) / unit.length)}`;
}

function nested(random: Random, depth: number): unknown {
  if (depth === 0) return random.pick([random.next(), textOf(random, 20), bytesOf(random, 30)]);
  const members = Array.from({ length: random.between(0, 4) }, () => nested(random, depth - 1));
  const cycle: unknown[] = [...members];
  cycle.push(cycle);
  return random.pick([
    members,
    { depth, members, at: new Date(random.between(0, 1e12)) },
    new Map(members.map((member, i) => [i, member])),
    new Set(members),
    cycle,
  ]);
}
