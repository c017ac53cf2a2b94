import { Map, Set, Uint32Array, Uint8Array } from "../../runtime/index.ts";
import type { ColumnWriter } from "./column-writer.ts";
import { LONG_TEXTS, SAME_TEXT, TEXTS, WORDS } from "./kinds.ts";
import { writeWidths } from "./number-columns.ts";

/** The most characters of texts that are joined. A longer text could not be made. */
const JOINED_MAX = 1 << 28;
/** So many rows are looked at to find out whether texts come again and again. */
const SAMPLES = 16;
/** Most different texts among the samples for which it is tried. */
const SAMPLED_WORDS_MAX = 8;
const WORDS_MAX = 255;

/** Writes a column of texts. */
export function writeTexts(writer: ColumnWriter, texts: readonly string[]): void {
  const words = texts.length > SAMPLES && areRepeated(texts) ? wordsOf(texts) : undefined;
  if (words === undefined) return writeEach(writer, texts);
  const { indexes, known } = words;
  if (known.length === 1) {
    writer.writeByte(SAME_TEXT);
    writer.writeString(known[0]!);
    writer.writeFiller(texts.length);
    return;
  }
  writer.writeByte(WORDS);
  writer.writeByte(known.length);
  writeEach(writer, known);
  writer.writeBytes(indexes);
}

function writeEach(writer: ColumnWriter, texts: readonly string[]): void {
  const lengths = new Uint32Array(texts.length);
  let characters = 0;
  let longest = 0;
  for (let row = 0; row < texts.length; row++) {
    const { length } = texts[row]!;
    lengths[row] = length;
    characters += length;
    if (length > longest) longest = length;
  }
  if (characters > JOINED_MAX) {
    writer.writeByte(LONG_TEXTS);
    for (const text of texts) writer.writeString(text);
    return;
  }
  writer.writeByte(TEXTS);
  writer.writeTexts(texts, characters);
  writeWidths(writer, lengths, longest);
}

/** Whether some rows, taken from all of the column, hold the same few texts, such as the state of an order. */
function areRepeated(texts: readonly string[]): boolean {
  const step = texts.length / SAMPLES;
  const seen = new Set<string>();
  for (let sample = 0; sample < SAMPLES; sample++) seen.add(texts[Math.floor(sample * step)]!);
  return seen.size <= SAMPLED_WORDS_MAX;
}

interface Words {
  /** The different texts. */
  readonly known: readonly string[];
  /** For each row the index of its text. */
  readonly indexes: Uint8Array;
}

/** Finds the different texts of a column. Returns undefined when there are too many. */
function wordsOf(texts: readonly string[]): Words | undefined {
  const indexOf = new Map<string, number>();
  const known: string[] = [];
  const indexes = new Uint8Array(texts.length);
  for (let row = 0; row < texts.length; row++) {
    const text = texts[row]!;
    let index = indexOf.get(text);
    if (index === undefined) {
      if (known.length === WORDS_MAX) return undefined;
      index = known.push(text) - 1;
      indexOf.set(text, index);
    }
    indexes[row] = index;
  }
  return { known, indexes };
}
