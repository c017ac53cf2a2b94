/**
 * The door of the codec: values to bytes and back.
 *
 * An `Encoder` turns any value that may cross between threads into an encoded value, and a `Decoder` turns that back;
 * the functions on small values write the same bytes faster. `tags.ts` describes the bytes.
 * The codec knows nothing of requests, results, queues, or where its bytes go: callers copy and post what it hands out.
 */
export { copyBytes } from "./byte-writer.ts";
export { registerClass } from "./register-class.ts";
export type { RegisterClassOptions } from "./classes.ts";
export type { Encoder } from "./encoder.ts";
export type { Foreign } from "./value-writer.ts";
export { LazyDecoder, LazyEncoder, loadedCodec } from "./loaded-codec.ts";
export {
  NUMBERS_BYTES_MAX,
  NUMBER_BYTES,
  isInteger32,
  readNumber,
  readNumbers,
  writeNumbers,
} from "./bare-numbers.ts";
export { primitiveBytes, writePrimitive, writePrimitives } from "./direct-primitives.ts";
