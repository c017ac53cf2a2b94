import fc from "fast-check";
import { registerClass } from "../../src/codec/index.ts";

class Node {
  members: unknown = [];
}
registerClass(Node, { name: "properties.Node" });

/** Encoded by functions of its own. */
class Sealed {
  content: unknown;
  constructor(content: unknown) {
    this.content = content;
  }
}
registerClass(Sealed, {
  name: "properties.Sealed",
  encode: ({ content }) => ({ content }),
  decode: ({ content }) => new Sealed(content),
});

/** Texts of all kinds. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  loneSurrogates(),
  fc.string({ minLength: 20, maxLength: 200 }),
);

const leaf = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(undefined, null, true, false, -0, NaN, Infinity),
  text,
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.oneof(
    fc.uint8Array(),
    fc.float64Array(),
    fc.int16Array(),
    fc.bigInt64Array(),
    fc.uint8ClampedArray(),
  ),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.uint8Array().map((bytes) => new DataView(bytes.buffer)),
  fc.webUrl().map((url) => new URL(url)),
);

function loneSurrogates(): fc.Arbitrary<string> {
  return fc
    .array(fc.integer({ min: 0, max: 0xffff }))
    .map((units) => String.fromCharCode(...units));
}

const trees = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.array(tie("tree")),
    fc.sparseArray(tie("tree"), { maxLength: 20 }),
    fc.dictionary(text, tie("tree")),
    fc.dictionary(text, tie("tree"), { noNullPrototype: false }),
    fc.array(fc.tuple(tie("tree"), tie("tree"))).map((entries) => new Map(entries)),
    fc.array(tie("tree")).map((members) => new Set(members)),
    tie("tree").map((content) => new Sealed(content)),
    fc
      .tuple(fc.array(tie("tree")), fc.dictionary(text.filter(isName), tie("tree")))
      .map(([elements, names]) => withNames(elements, names)),
    fc.tuple(text, tie("tree")).map(([message, cause]) => new RangeError(message, { cause })),
  ),
}));

/** Values that hold no object twice. */
export const tree: fc.Arbitrary<unknown> = trees.tree;

/** Whether an array can have an ordinary property of that name. */
function isName(name: string): boolean {
  return name !== "length" && String(Number(name) >>> 0) !== name;
}

function withNames(elements: unknown[], names: Record<string, unknown>): unknown[] {
  for (const [name, value] of Object.entries(names))
    Object.defineProperty(elements, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  return elements;
}

/** A graph: each node has a kind, and edges to any of the nodes, itself included. */
export const graph: fc.Arbitrary<object> = fc
  .array(fc.record({ kind: fc.nat(7), edges: fc.array(fc.nat(), { maxLength: 6 }), leaf }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((specs) => {
    const nodes = specs.map(({ kind }) => makeNode(kind));
    for (const [index, spec] of specs.entries()) {
      link(nodes[index]!, [...spec.edges.map((edge) => nodes[edge % nodes.length]), spec.leaf]);
    }
    return nodes[0]!;
  });

function makeNode(kind: number): object {
  const makers = [
    () => ({}),
    () => [],
    () => new Map(),
    () => new Set(),
    () => new Node(),
    () => new Error("node"),
    () => Object.create(null) as object,
    () => new AggregateError([], "node"),
  ];
  return makers[kind]!();
}

function link(node: object, members: unknown[]): void {
  if (Array.isArray(node)) node.push(...members);
  else if (node instanceof Set) for (const member of members) node.add(member);
  else if (node instanceof Map)
    for (const [index, member] of members.entries())
      node.set(index % 2 === 0 ? member : index, members.at(-index));
  else if (node instanceof AggregateError) node.errors = members;
  else if (node instanceof Error) node.cause = members[0];
  else for (const [index, member] of members.entries()) Reflect.set(node, `edge ${index}`, member);
}
