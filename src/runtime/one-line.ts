/** What a terminal would obey, what would break the line, and what would turn its direction. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** A text that stays in its line: control characters are written as their numbers. */
export function oneLine(text: string): string {
  return text.replaceAll(
    CONTROL,
    (it) => `\\u${(it.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}
