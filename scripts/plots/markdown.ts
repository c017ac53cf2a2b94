/** Makes tables and replaces marked sections of Markdown. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, header.map(() => "---"), ...rows.map((row) => row.map(cell))];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The first line of a text, so that an error message does not break the table. */
function cell(words: string): string {
  const line = words.trim().split("\n")[0] ?? "";
  return line.replaceAll("<", "&lt;").replaceAll("|", "\\|");
}

/** The document with new text between `<!-- name: begin -->` and `<!-- name: end -->`. */
export function withSection(document: string, name: string, content: string): string {
  const begin = `<!-- ${name}: begin -->`;
  const end = `<!-- ${name}: end -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from === -1 || to < from)
    throw new Error(`The document needs the lines ${begin} and ${end}: section=${name}`);
  return `${document.slice(0, from)}${begin}\n\n${content}\n\n${document.slice(to)}`;
}
