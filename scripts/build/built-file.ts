/** A file of `dist`. */
export interface BuiltFile {
  readonly name: string;
  readonly text: string;
}

/** A file of `dist` that is no text. */
export interface BuiltBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}
