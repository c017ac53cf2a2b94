/** Makes pieces of SVG as strings. */
export type Attributes = Readonly<Record<string, string | number>>;

export function escape(words: string): string {
  return words
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** An element around markup that is already escaped. Numbers are rounded to a tenth of a pixel. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? tenth(value) : escape(value)}"`)
    .join("");
  if (children.length === 0) return `<${name}${written}/>`;
  return `<${name}${written}>${children.join("")}</${name}>`;
}

export function text(x: number, y: number, className: string, words: string): string {
  return element("text", { x, y, class: className }, escape(words));
}

export function segment(
  className: string,
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
): string {
  return element("line", { class: className, x1, y1, x2, y2 });
}

export function group(x: number, y: number, children: readonly string[]): string {
  return element(
    "g",
    { transform: `translate(${tenth(x)} ${tenth(y)})` },
    `\n${children.join("\n")}\n`,
  );
}

export function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
