/** Values to bytes and back: the door of the codec. */
export { registerClass } from "./classes.ts";
export { Decoder } from "./decoder.ts";
export { Encoder } from "./encoder.ts";
export { bareError, encodeFailure } from "./failure.ts";
export {
  NUMBERS_FRAME_BYTES,
  NUMBER_BYTES,
  readNumber,
  readNumbers,
  writeNumbers,
} from "./number-frames.ts";
export { primitiveFrameBytes, writePrimitive, writePrimitives } from "./primitive-frames.ts";
