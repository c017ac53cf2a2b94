/**
 * A source map without the text of the sources, because the package holds the sources themselves. Bun refuses a map that
 * has no `sourcesContent` at all.
 */
export function leanMap(text: string): string {
  const map = JSON.parse(text) as { readonly sources: readonly string[] };
  return JSON.stringify({
    ...map,
    sources: map.sources.map((source) => `../${source}`),
    sourcesContent: map.sources.map(() => null),
  });
}
