/**
 * What the encoder and the decoder need only for objects that are neither plain nor arrays: buffers, dates, maps, errors,
 * instances of classes. `loadedClasses` loads it with the first of them.
 */
export { bareLength, bytesOfView, kindOfView, readBare } from "./bare-bytes.ts";
export { encodedBy, refusedCycle } from "./encoded-instances.ts";
export { writeError } from "./error-codec.ts";
export { isOrdinary, isTakenAsPlain, unlistedWriter } from "./kinds.ts";
export { emptyObject, objectReader } from "./object-readers.ts";
export { objectWriter } from "./object-writers.ts";
