import { decode, encode } from "@jridgewell/sourcemap-codec";

/**
 * A source map of lines, without the text of the sources, because the package holds the sources themselves. Bun refuses a map that
 * has no `sourcesContent` at all.
 *
 * Bun reads the map of a file for the first stack trace through it. The columns would make it four times as long.
 */
export function leanMap(text: string): string {
  const map = JSON.parse(text) as {
    readonly sources: readonly string[];
    readonly mappings: string;
  };
  return JSON.stringify({
    ...map,
    mappings: encode(decode(map.mappings).map((segments) => segments.slice(0, 1))),
    sources: map.sources.map((source) => `../${source}`),
    sourcesContent: map.sources.map(() => null),
  });
}
