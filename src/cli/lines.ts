/**
 * Splits a stream of bytes into lines of UTF-8, a batch for each chunk. The carriage return of a line that ends with CRLF is
 * left out, and so is a byte order mark at the beginning.
 *
 * The stream is read no faster than the batches are taken.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  lineEnd: "\n" | "\0",
): AsyncGenerator<string[], void> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    const first = text.indexOf(lineEnd);
    // A long line comes in many chunks: join them once.
    if (first < 0) {
      rest.push(text);
      continue;
    }
    const lines = (rest.join("") + text).split(lineEnd);
    rest = [lines.pop() as string];
    yield lines.map((line) => withoutReturn(line, lineEnd));
  }
  const last = rest.join("") + decoder.decode();
  if (last !== "") yield [withoutReturn(last, lineEnd)];
}

function withoutReturn(line: string, lineEnd: string): string {
  return lineEnd === "\n" && line.endsWith("\r") ? line.slice(0, -1) : line;
}
