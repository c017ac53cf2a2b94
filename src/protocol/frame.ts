// This file goes when src/pool imports from the door, index.ts.
export { NO_BYTES, copyBytes, spillOf } from "./encoded-value.ts";
export type { EncodedValue as Frame } from "./encoded-value.ts";
