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

/** A client of Bun for Redis. */
export type GlobalRedisClient = typeof globalThis extends {
  Bun: { RedisClient: { prototype: infer Known } };
}
  ? Known
  : { readonly connected: boolean; connect(): Promise<void>; close(): void };

/** What such a client takes as `tls`. */
export type GlobalTLSOptions = typeof globalThis extends {
  Bun: { RedisClient: new (url?: string, options?: infer Options) => unknown };
}
  ? Options extends { tls?: infer TLS }
    ? Exclude<TLS, boolean | undefined>
    : object
  : object;
