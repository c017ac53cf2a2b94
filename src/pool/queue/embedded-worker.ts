/**
 * The text of a worker's whole code; undefined in the sources, which need none. The build of the package puts another
 * module in the place of this one (scripts/build/javascript.ts).
 */
export function embeddedWorker(): string | undefined {
  return undefined;
}
