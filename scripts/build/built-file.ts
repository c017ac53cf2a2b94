/** A file of `dist`. */
export interface BuiltFile {
  readonly name: string;
  readonly text: string;
}
