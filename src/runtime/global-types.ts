/*
 * Types of global objects that are part of the public interface. A program's compiler may not know the globals, because
 * its "lib" has no DOM and its "types" name neither Bun nor Node. There they are as much of the object as is needed here.
 */

/** The global AbortSignal. */
export type GlobalAbortSignal = typeof globalThis extends {
  AbortSignal: { prototype: infer Known };
}
  ? Known
  : {
      readonly aborted: boolean;
      readonly reason: unknown;
      throwIfAborted(): void;
      addEventListener(
        type: "abort",
        listener: () => void,
        options?: { readonly once?: boolean },
      ): void;
      removeEventListener(type: "abort", listener: () => void): void;
    };

/** What an AsyncLocalStorage of `node:async_hooks` has that is needed of it here. */
export interface ContextStorage {
  /** The store of the code that runs. */
  getStore(): unknown;
  /** Calls a function, for which `store` is the store. */
  run<R>(store: never, callback: () => R): R;
}

/** The global URL. */
export type GlobalURL = typeof globalThis extends { URL: { prototype: infer Known } }
  ? Known
  : { readonly href: string; readonly protocol: string };
