import {
  BoardOwner,
  NO_CELL,
  enterHelpers,
  hungryFor,
  leaveHelpers,
  noteBoardChange,
  parkRounds,
  parkUntil,
  parkUntilSync,
} from "../../native-queue/index.ts";
import type { RootUse, WorkerGate } from "../../native-queue/index.ts";
import { LazyDecoder } from "../codec/index.ts";
import { readableChildRuns } from "../protocol/index.ts";
import { Promise, SpinBudget } from "../runtime/index.ts";
import { BufferNames } from "./buffer-names.ts";
import { buffersCannotCome, takerDied } from "./child-errors.ts";
import { DIED, RETURNED, STATUS_MASK } from "./child-format.ts";
import { RangeChild } from "./outcome-children.ts";
import { OutcomeBytes } from "./outcome-bytes.ts";
import type { SharingParts } from "./sharing-parts.ts";
import { newOffer } from "./offer.ts";
import type { Offer } from "./offer.ts";
import { OfferWriter } from "./offer-writer.ts";
import type { LocalChildren } from "./local-children.ts";
import { Repeated } from "./repeated.ts";
import { Taker } from "./taker.ts";
import { OFFERED, WAITING } from "./tree.ts";
import type { Child, Node, Root } from "./tree.ts";

const LONGEST_SPIN_US = 50;

/**
 * Offers children of this thread to other workers, and takes theirs: the thread's end of the board of native-queue.
 *
 * While the thread waits for what others have taken, it is a helper: it takes children of the same tree alone. So everything on
 * its stack belongs to one request, and a worker that has to be killed for a request has no part of another one.
 */
export class Sharing {
  readonly #gate: WorkerGate;
  readonly #local: LocalChildren;
  readonly #owner: BoardOwner;
  readonly #cores: number;
  readonly #names: BufferNames;
  readonly #writer: OfferWriter;
  readonly #decoder: LazyDecoder;
  readonly #offers: Offer[] = [];
  readonly #spin: SpinBudget;
  readonly taker: Taker;
  #isHelping = false;
  #isClearing = false;
  /** What a look settles may ask for another one, as a collection does that fails. */
  readonly #looks = new Repeated(() => this.#lookAtAll());
  #isAwaitingBuffers = false;
  /** Whether the thread waits without its event loop. */
  #isBlocking = false;
  #listenersSeen = 0;

  constructor(parts: SharingParts, local: LocalChildren) {
    const { gate, workerId, cores, channelName } = parts;
    this.#gate = gate;
    this.#local = local;
    this.#cores = cores;
    this.#owner = new BoardOwner(gate);
    this.#names = new BufferNames(gate, channelName);
    this.#writer = new OfferWriter(this.#names);
    this.#decoder = new LazyDecoder(this.#names.bufferOf, "result");
    this.#spin = new SpinBudget(LONGEST_SPIN_US, cores);
    this.taker = new Taker(gate, workerId, this.#names, local, () => this.reap());
    this.#names.listen();
  }

  /** Lets the other workers prepare for children. */
  announce(): void {
    noteBoardChange(this.#gate);
  }

  /** How many workers may run children at a time, this one left out. */
  get others(): number {
    return this.#cores - 1;
  }

  /** How many children are offered to other workers or run there. */
  get outstanding(): number {
    return this.#offers.length;
  }

  /** Whether another worker has nothing to do, and more children of this tree should be offered. */
  isWanted({ use }: Root): boolean {
    if (use === undefined) return false;
    const hungry = hungryFor(this.#gate.views, use.task, this.#gate.worker);
    if (hungry === 0) return false;
    if (this.#offers.length === 0) return true;
    this.#renew();
    let unclaimed = 0;
    for (const { cell } of this.#offers)
      if (this.#owner.stateOf(cell) === "offered") unclaimed += 1;
    return unclaimed < hungry && this.#offers.length < 32;
  }

  /** Offers the oldest child of a parent. Returns false when it has none, or none that can be sent. */
  tryOffer(parent: Node): boolean {
    const { use } = parent.root;
    const cell = this.#owner.freeCell();
    if (use === undefined || cell === NO_CELL) return false;
    const child = parent.takeToOffer();
    if (child === undefined) return false;
    if (child.control?.onProgress === undefined && this.#offer(cell, use, child)) return true;
    parent.putBack(child);
    parent.keepsChildren = true;
    return false;
  }

  /** Takes back the child that was offered last and that no other worker has taken. */
  takeBack(): Child | undefined {
    for (let i = this.#offers.length - 1; i >= 0; i--) {
      const offer = this.#offers[i] as Offer;
      const { child, cell } = offer;
      if (!this.#owner.tryTakeBack(cell)) continue;
      this.#remove(offer);
      if (child.isSettled) continue;
      child.state = WAITING;
      if (!(child instanceof RangeChild)) return child;
      this.#local.requeue(child);
      return child.parent.takeOldest();
    }
    return undefined;
  }

  /** Settles the children whose outcome has come, and asks those to stop whose parents are to stop. */
  reap(): void {
    if (this.#offers.length > 0) this.#looks.run();
  }

  #lookAtAll(): void {
    // A copy: what a look settles may take other offers back.
    for (const offer of this.#offers.slice())
      if (!offer.isRemoved && this.#look(offer)) this.#remove(offer);
  }

  /** Waits for outcomes in the event loop, and runs children of others meanwhile. */
  help(): void {
    if (this.#offers.length === 0) return;
    if (this.#isHelping) {
      // It may wait already, and does not know of what was offered since.
      this.#owner.wakeSelf();
      return;
    }
    this.#isHelping = true;
    void this.#help();
  }

  /** The same, but blocks until `isDone()`. */
  helpUntil(isDone: () => boolean, root: Root): void {
    const before = this.#isBlocking;
    this.#isBlocking = true;
    try {
      this.#helpUntil(isDone, root);
    } finally {
      this.#isBlocking = before;
    }
  }

  #helpUntil(isDone: () => boolean, root: Root): void {
    for (;;) {
      this.reap();
      if (isDone()) return;
      const child = this.#local.takeNewest();
      if (child !== undefined) {
        this.#local.begin(child);
        continue;
      }
      if (this.taker.tryHelpSync(root.use)) continue;
      parkUntilSync(this.#rounds(() => isDone() || this.#hasNews(), root.use, Infinity));
      leaveHelpers(this.#gate);
    }
  }

  /** The run of a request, or of a child of another worker, is over: no child of it needs a buffer any more. */
  endTree(): void {
    if (this.#offers.length === 0) this.#names.forgetOwn();
    else if (!this.#isClearing && !this.#isHelping) void this.#clear();
  }

  /** Others still run what a tree has left behind. Nobody waits for the outcomes; they are taken off the board when they come. */
  async #clear(): Promise<void> {
    this.#isClearing = true;
    const look = (): boolean => {
      this.reap();
      return this.#offers.length === 0 || this.#isHelping;
    };
    await parkUntil(this.#rounds(look, undefined, 0));
    this.#isClearing = false;
    if (this.#offers.length === 0) this.#names.forgetOwn();
  }

  #offer(cell: number, use: RootUse, child: Child): boolean {
    const { listeners } = this.#names;
    const written = this.#writer.write(child, listeners);
    if (written === undefined) return false;
    if (!this.#owner.offer(cell, use, written.mark, written.payload)) return false;
    this.#listenersSeen = listeners;
    child.state = OFFERED;
    child.parent.running += 1;
    this.#offers.push(newOffer(child, cell, written.spill));
    return true;
  }

  /** Offers again what was offered before a worker listened that does so now. */
  #renew(): void {
    if (this.#names.listeners === this.#listenersSeen) return;
    const back = this.takeBack();
    if (back !== undefined) this.#local.requeue(back);
  }

  #remove(offer: Offer): void {
    offer.isRemoved = true;
    this.#offers.splice(this.#offers.indexOf(offer), 1);
    offer.child.parent.running -= 1;
    if (offer.spill !== undefined) this.#names.forgetBuffer(offer.spill);
  }

  /** Looks at an offer. Returns true when it is over. */
  #look(offer: Offer): boolean {
    const { cell, child } = offer;
    switch (this.#owner.stateOf(cell)) {
      case "offered":
        return false;
      case "taken":
        if (!offer.isAskedToStop && (child.isSettled || child.mustStop)) {
          offer.isAskedToStop = true;
          this.#owner.requestStop(cell);
        }
        return false;
      case "part":
        offer.parts.push(this.#owner.outcomeOf(cell).payload);
        this.#owner.partIsRead(cell);
        return false;
      case "done":
        return this.#takeOutcome(offer);
      case "lost":
        return this.#lose(offer, takerDied(child.requestID, this.#owner.takerIdOf(cell)));
    }
  }

  #takeOutcome(offer: Offer): boolean {
    const { cell, child, parts } = offer;
    const { status, payload } = this.#owner.outcomeOf(cell);
    if (status === RETURNED) {
      this.#owner.free(cell);
      this.#runHere(child);
      return true;
    }
    const outcome = new OutcomeBytes(status, parts, payload);
    const { bytes, start, runs } = outcome;
    let { isSuccess } = outcome;
    let value: unknown;
    this.#names.hasMissed = false;
    try {
      value = this.#decoder.made.decode(bytes, start, bytes.length);
    } catch (error) {
      // A buffer in it is on its way, and comes with a turn of the event loop.
      if (this.#names.hasMissed && !this.#isBlocking) {
        this.#awaitBuffers();
        return false;
      }
      isSuccess = false;
      value = this.#names.hasMissed ? buffersCannotCome() : error;
    }
    if ((status & STATUS_MASK) === DIED) return this.#lose(offer, value);
    this.#owner.free(cell);
    if (runs !== undefined) {
      const told: unknown = this.#decoder.made.decode(runs, 0, runs.length);
      child.root.log?.addOthers(child, readableChildRuns(told));
    }
    if (child instanceof RangeChild) child.failedAt = outcome.failedAt;
    child.end(isSuccess, value);
    return true;
  }

  /** The worker that had taken it has ended. */
  #lose({ cell, child }: Offer, death: unknown): true {
    this.#owner.free(cell);
    if (!child.isSettled && child.attempt <= (child.control?.retries ?? 0)) {
      child.attempt += 1;
      this.#runHere(child);
    } else {
      this.#local.counts.noteLost();
      child.end(false, death);
    }
    return true;
  }

  #runHere(child: Child): void {
    if (child.isSettled) return;
    child.state = WAITING;
    this.#local.requeue(child);
    child.parent.keepsChildren = true;
  }

  #awaitBuffers(): void {
    if (this.#isAwaitingBuffers) return;
    this.#isAwaitingBuffers = true;
    const stop = this.#names.onArrival(() => {
      stop();
      this.#isAwaitingBuffers = false;
      this.reap();
    });
  }

  async #help(): Promise<void> {
    const { use } = (this.#offers[0] as Offer).child.root;
    while (this.#offers.length > 0) {
      this.reap();
      // What it has settled goes on first.
      await Promise.resolve();
      if (this.#local.isBusy) break;
      const back = this.takeBack();
      if (back !== undefined) {
        this.#local.requeue(back);
        break;
      }
      if (this.taker.tryHelp(use)) continue;
      const look = (): boolean =>
        this.#offers.length === 0 || this.#hasNews() || this.#local.isBusy;
      await parkUntil(this.#rounds(look, use, 0));
      leaveHelpers(this.#gate);
    }
    this.#isHelping = false;
    // The end of the last one may have come between the look and this line.
    if (!this.#local.isBusy) this.help();
  }

  #rounds(
    look: () => boolean,
    use: RootUse | undefined,
    blockMs: number,
  ): Generator<Promise<unknown> | undefined, void, void> {
    const { views, worker } = this.#gate;
    const announce = (): void => {
      if (use !== undefined) enterHelpers(this.#gate, use.task);
    };
    return parkRounds(views, worker, { announce, look, spin: this.#spin, blockMs });
  }

  /** Whether an outcome has come, or a child may be offered that this thread has not looked at. */
  #hasNews(): boolean {
    if (this.taker.mayFind) return true;
    return this.#offers.some(({ cell }) => {
      const state = this.#owner.stateOf(cell);
      if (state === "done" && this.#isAwaitingBuffers) return false;
      return state !== "offered" && state !== "taken";
    });
  }
}
