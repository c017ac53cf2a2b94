import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { constants, gzipSync } from "node:zlib";

/** What the demo finds out about one file. */
export interface FileReport {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Compressed as small as gzip can. */
  readonly gzipBytes: number;
  /** Line ends, as `wc -l` counts them. */
  readonly lines: number;
  /** Runs of bytes that are no ASCII white space, as `wc -w` counts them. */
  readonly words: number;
}

/**
 * The demo's callable. It has a module of its own: a worker imports this file by name, and what a
 * worker need not load, such as the progress bar, stays out of it.
 *
 * @throws the system's error when the file cannot be read; Error when it is no regular file
 */
export function fileReport(path: string): FileReport {
  // Reading a pipe or a device might never end.
  if (!statSync(path).isFile()) throw new Error(`not a regular file: '${path}'`);
  const content = readFileSync(path);
  return {
    bytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    gzipBytes: gzipSync(content, { level: constants.Z_BEST_COMPRESSION }).length,
    ...countLinesAndWords(content),
  };
}

function countLinesAndWords(content: Uint8Array): Pick<FileReport, "lines" | "words"> {
  let lines = 0;
  let words = 0;
  let isInWord = false;
  // By index, since Bun takes several times as long for the bytes of "for … of".
  for (let i = 0; i < content.length; i++) {
    const byte = content[i] as number;
    if (byte === LINE_FEED) lines += 1;
    const isSpace = byte === SPACE || (byte >= TAB && byte <= CARRIAGE_RETURN);
    if (!isSpace && !isInWord) words += 1;
    isInWord = !isSpace;
  }
  return { lines, words };
}

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
