/**
 * The inner door of the codec: what is needed only for values that are no primitives. `loadedCodec` loads it with the
 * first such value, so that threads start without it.
 */
export { Decoder } from "./decoder.ts";
export { Encoder } from "./encoder.ts";
export { bareError, encodeFailure } from "./failure.ts";
export { loadedClasses } from "./loaded-classes.ts";
