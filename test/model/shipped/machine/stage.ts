import { NOTHING_SEEN, WHOLE_WORD } from "./operation.ts";
import type { Operation, OperationKind, Outcome, Promised, Seen } from "./operation.ts";
import { hiddenInWords, showHidden } from "./loose-writes.ts";
import type { SharedMemory } from "./shared-memory.ts";
import { SUSPENDED } from "./virtual-thread.ts";
import type { Recording } from "./virtual-thread.ts";

type View = Int32Array<SharedArrayBuffer> | Uint8Array<SharedArrayBuffer>;
type AnyView = View | Float64Array<SharedArrayBuffer>;

interface SharedBuffer {
  readonly name: string;
  readonly words: Int32Array<SharedArrayBuffer>;
  /** By word: the number of its cell, once it has been touched. */
  readonly cells: Map<number, number>;
}

/** The globals that the queue's code is given. */
export interface Globals {
  readonly Atomics: unknown;
  readonly Int32Array: unknown;
  readonly Uint8Array: unknown;
  readonly Float64Array: unknown;
  readonly performance: unknown;
}

/** A thread that does more operations than this does not end. */
const MOST_OPERATIONS = 2000;

/**
 * What the queue's code gets in place of the language's own: `Atomics`, the typed arrays and the clock.
 *
 * Outside of threads, while a scene is set up, they do what the real ones do. Inside, each atomic operation and each
 * access to an element of a view on shared memory is an operation of the virtual thread.
 */
export class Stage {
  readonly globals: Globals;
  #memory: SharedMemory | undefined;
  #recording: Recording | undefined;
  readonly #named = new Map<string, number>();
  /** What the code has read since its last pause, and promised so far. */
  #seen: Seen[] = [];
  #promises = 0;
  #late = 0;
  readonly #buffers = new Map<SharedArrayBuffer, SharedBuffer>();
  /** The view behind each instrumented one. */
  readonly #behind = new WeakMap<object, AnyView>();
  readonly #doubles = new DataView(new ArrayBuffer(8));
  readonly #nameWord: (buffer: string, word: number) => string;
  readonly #isLoose: (buffer: string, word: number) => boolean;

  /**
   * @param nameWord a name for stories, of a word of a buffer that was named with `nameBuffer`
   * @param isLoose whether plain writes of a word may be seen in another order (`showHidden`)
   */
  constructor(
    nameWord: (buffer: string, word: number) => string,
    isLoose: (buffer: string, word: number) => boolean,
  ) {
    this.#nameWord = nameWord;
    this.#isLoose = isLoose;
    this.globals = {
      Atomics: this.#atomics(),
      Int32Array: this.#viewClass(Int32Array),
      Uint8Array: this.#viewClass(Uint8Array),
      Float64Array: this.#viewClass(Float64Array),
      // Every reading of this clock is after every deadline, so a thread spins no longer than it must.
      performance: { now: (): number => (this.#late += 1e6) },
    };
  }

  /** From now on cells belong to this memory. Their initial values are what was set up. */
  begin(memory: SharedMemory): void {
    this.#memory = memory;
    for (const { cells } of this.#buffers.values()) cells.clear();
  }

  /** Names a shared buffer, for stories. */
  nameBuffer(buffer: SharedArrayBuffer, name: string): void {
    this.#buffers.set(buffer, { name, words: new Int32Array(buffer), cells: new Map() });
  }

  /** Runs a thread's code up to the first operation that is not in the recording. */
  readonly record = (recording: Recording, run: () => void): void => {
    this.#recording = recording;
    this.#seen = [];
    this.#promises = 0;
    try {
      run();
      // What a thread has written is seen in the end, whatever it does next.
      if (recording.hidden.length > 0) this.#showBefore("ready", -1);
    } finally {
      this.#recording = undefined;
    }
  };

  /** The rest of the run depends on `summary`, and on nothing else that was read so far. */
  checkpoint(summary: string): void {
    const { recording } = this;
    this.#seen = [];
    if (recording.isNew) recording.checkpoint = summary + hiddenInWords(recording);
  }

  /** The recording of the thread that runs now. Throws when none does. */
  get recording(): Recording {
    if (this.#recording === undefined) throw new Error("No virtual thread is running.");
    return this.#recording;
  }

  /** Whether an object is a view on shared memory. */
  isSharedView(value: object): boolean {
    return this.#behind.has(value);
  }

  /** The cell of a word, if any thread has touched it. */
  cellOf(buffer: SharedArrayBuffer, word: number): number | undefined {
    return this.#buffers.get(buffer)?.cells.get(word);
  }

  /** The cell with a name that is no part of the queue's memory. It is 0 at first. */
  namedCell(name: string, addCell: (name: string) => number): number {
    let cell = this.#named.get(name);
    if (cell === undefined) this.#named.set(name, (cell = addCell(name)));
    return cell;
  }

  /** Does an operation on a cell that is no part of the queue's memory. */
  operate(kind: OperationKind, cell: number, operand = 0, expected = 0): Outcome {
    return this.#perform(kind, cell, operand, expected);
  }

  #perform(
    kind: OperationKind,
    cell: number,
    operand = 0,
    expected = 0,
    mask = WHOLE_WORD,
    shift = 0,
    mayTimeOut = false,
  ): Outcome {
    const { recording } = this;
    if (recording.hidden.length > 0 && kind !== "show") this.#showBefore(kind, cell);
    const { done } = recording;
    if (!recording.isNew) {
      const was = recording.path[done]?.next as Operation;
      if (was.kind !== kind || was.cell !== cell)
        throw new Error(`The code is not deterministic: was=${was.kind} is=${kind}`);
      const outcome = recording.outcomes[done] as Outcome;
      recording.done += 1;
      if (kind === "pause") this.#seen = [];
      else if (typeof outcome === "number" && isLook(kind))
        this.#seen.push({ cell, value: outcome });
      return outcome;
    }
    if (done >= MOST_OPERATIONS) throw new Error(`It does not end: operations=${done}`);
    const seen = kind === "pause" ? [...this.#seen] : NOTHING_SEEN;
    recording.pending = { kind, cell, operand, expected, mask, shift, mayTimeOut, seen };
    throw SUSPENDED;
  }

  /** Shows the hidden writes of the thread that other threads see before its next operation. */
  #showBefore(kind: OperationKind, cell: number): void {
    const { recording } = this;
    const isOfHidden = recording.hidden.some((write) => write.cell === cell);
    if ((kind === "read" || kind === "write") && !isOfHidden) return;
    showHidden(recording, kind !== "load" || isOfHidden, (write, mayStay) =>
      this.#perform("show", write.cell, write.value, 0, WHOLE_WORD, 0, mayStay),
    );
  }

  #cell(view: AnyView, byteOffset: number): number {
    const buffer = this.#buffers.get(view.buffer);
    if (buffer === undefined) throw new Error("Shared memory has no name: nameBuffer");
    const word = byteOffset >> 2;
    let cell = buffer.cells.get(word);
    if (cell === undefined) {
      const name = this.#nameWord(buffer.name, word);
      cell = (this.#memory as SharedMemory).addCell(name, buffer.words[word] as number);
      buffer.cells.set(word, cell);
    }
    return cell;
  }

  #atomics(): unknown {
    type Arguments = [object, number, number, number, number];
    const real = Atomics as unknown as Record<string, (...args: unknown[]) => unknown>;
    const make =
      (kind: OperationKind, inThread: (cell: number, ...args: number[]) => unknown) =>
      (...[array, index, ...rest]: Arguments): unknown => {
        const view = this.#behind.get(array) as View;
        if (this.#recording === undefined)
          return (real[kind] as (...args: unknown[]) => unknown)(view, index, ...rest);
        return inThread(this.#cell(view, index * view.BYTES_PER_ELEMENT), ...rest);
      };
    const direct = (kind: OperationKind) => make(kind, (cell, a) => this.#perform(kind, cell, a));
    return {
      load: direct("load"),
      store: direct("store"),
      add: direct("add"),
      and: direct("and"),
      or: direct("or"),
      exchange: direct("exchange"),
      notify: make("notify", (cell, count) => {
        if (count !== undefined) throw new Error("Only a notify of all waiters is modelled.");
        return this.#perform("notify", cell);
      }),
      compareExchange: make("compareExchange", (cell, expected, replacement) =>
        this.#perform("compareExchange", cell, replacement, expected),
      ),
      wait: make("wait", (cell, value, timeoutMs = Infinity) =>
        this.#perform("wait", cell, value, 0, WHOLE_WORD, 0, timeoutMs !== Infinity),
      ),
      waitAsync: make("waitAsync", (cell, value, timeoutMs) => {
        if (timeoutMs !== undefined) throw new Error("A timed waitAsync is not modelled.");
        const token = this.#promises++;
        const outcome = this.#perform("waitAsync", cell, value, token);
        const isAsync = typeof outcome === "number";
        const promised: Promised = { token };
        return { async: isAsync, value: isAsync ? promised : outcome };
      }),
      pause: () => {
        if (this.#recording !== undefined) this.#perform("pause", -1);
      },
    };
  }

  /** A class of views: those on shared memory are instrumented, others are real. */
  #viewClass(
    Real: Int32ArrayConstructor | Uint8ArrayConstructor | Float64ArrayConstructor,
  ): unknown {
    const byBuffer = new Map<SharedArrayBuffer, object>();
    const instrument = (buffer: SharedArrayBuffer): object => {
      const view = new Real(buffer as never) as unknown as AnyView;
      const instrumented = new Proxy(view, this.#handler());
      this.#behind.set(instrumented, view);
      return instrumented;
    };
    return function SharedView(source: unknown, ...rest: unknown[]): object {
      if (!(source instanceof SharedArrayBuffer)) return new Real(source as never, ...(rest as []));
      let instrumented = byBuffer.get(source);
      if (instrumented === undefined) byBuffer.set(source, (instrumented = instrument(source)));
      return instrumented;
    };
  }

  #handler(): ProxyHandler<AnyView> {
    return {
      get: (view, key) => {
        const index = indexOf(key);
        if (index !== undefined) return this.#read(view, index);
        if (this.#recording !== undefined && view instanceof Uint8Array) {
          if (key === "set")
            return (bytes: Uint8Array, at: number) => this.#writeAll(view, bytes, at);
          if (key === "slice")
            return (start: number, end: number) => this.#readAll(view, start, end);
        }
        const member: unknown = Reflect.get(view, key, view);
        return typeof member === "function" ? member.bind(view) : member;
      },
      set: (view, key, value) => {
        const index = indexOf(key);
        if (index === undefined) return Reflect.set(view, key, value, view);
        this.#write(view, index, value as number);
        return true;
      },
    };
  }

  #read(view: AnyView, index: number): number {
    if (this.#recording === undefined) return view[index] as number;
    const at = index * view.BYTES_PER_ELEMENT;
    if (view instanceof Int32Array) return this.#perform("read", this.#cell(view, at)) as number;
    if (view instanceof Uint8Array) {
      const shift = (at & 3) * 8;
      const cell = this.#cell(view, at);
      return this.#perform("read", cell, 0, 0, 0xff << shift, shift) as number;
    }
    for (const half of [0, 4]) {
      const word = this.#perform("read", this.#cell(view, at + half)) as number;
      this.#doubles.setInt32(half, word, true);
    }
    return this.#doubles.getFloat64(0, true);
  }

  #isLooseWord({ buffer }: AnyView, word: number): boolean {
    return this.#isLoose((this.#buffers.get(buffer) as SharedBuffer).name, word);
  }

  #hide(cell: number, value: number): void {
    const { recording } = this;
    // Writes of one word are seen in their order.
    if (recording.hidden.some((write) => write.cell === cell)) this.#showBefore("write", cell);
    recording.hidden = [...recording.hidden, { cell, value }];
  }

  /** Bytes are copied one by one, so that a copy in the middle of a change would show. */
  #writeAll(view: AnyView, bytes: Uint8Array, at: number): void {
    for (const [i, byte] of bytes.entries()) this.#write(view, at + i, byte);
  }

  #readAll(view: AnyView, start: number, end: number): Uint8Array {
    return Uint8Array.from({ length: end - start }, (_, i) => this.#read(view, start + i));
  }

  #write(view: AnyView, index: number, value: number): void {
    if (this.#recording === undefined) {
      view[index] = value;
      return;
    }
    const at = index * view.BYTES_PER_ELEMENT;
    if (view instanceof Int32Array) {
      const cell = this.#cell(view, at);
      if (this.#isLooseWord(view, index)) this.#hide(cell, value);
      else this.#perform("write", cell, value);
    } else if (view instanceof Uint8Array) {
      const shift = (at & 3) * 8;
      this.#perform("write", this.#cell(view, at), value, 0, 0xff << shift, shift);
    } else {
      // Both halves before the first step: the buffer is shared by all threads' doubles.
      this.#doubles.setFloat64(0, value, true);
      const halves = [this.#doubles.getInt32(0, true), this.#doubles.getInt32(4, true)];
      for (const [half, word] of halves.entries())
        this.#perform("write", this.#cell(view, at + 4 * half), word);
    }
  }
}

function isLook(kind: OperationKind): boolean {
  return kind === "load" || kind === "read" || kind === "compareExchange";
}

function indexOf(key: string | symbol): number | undefined {
  if (typeof key === "symbol") return undefined;
  const first = key.codePointAt(0) as number;
  return first >= 48 && first <= 57 ? Number(key) : undefined;
}
