/** The types of clusters: of calls by name. Nothing here runs. */
import { ClusterPool, serveMachine } from "../../src/cluster/index.ts";
import * as metrics from "../../src/metrics/index.ts";
import { fromModule } from "../../src/index.ts";
import type * as Tasks from "./tasks.ts";
import { exactly } from "./exactly.ts";

function add(a: number, b: number): number {
  return a + b;
}
async function words(text: string): Promise<string[]> {
  return text.split(" ");
}
export const registry: { readonly add: typeof add; readonly words: typeof words } = { add, words };

export async function typed(connection: string): Promise<void> {
  const cluster = await ClusterPool.connect<typeof registry>({ name: "t", connection });
  exactly<number>()(await cluster.run("add", [1, 2]));
  exactly<string[]>()(await cluster.run("words", ["a b"], { priority: 1 }));
  exactly<string[][]>()(await cluster.map("words", ["a b"]));
  exactly<number[]>()(await cluster.starmap("add", [[1, 2]]));
  exactly<PromiseSettledResult<string[]>[]>()(await cluster.map("words", ["a"], { settle: true }));
  for await (const entry of cluster.imapUnordered("words", ["a"], { entries: true }))
    exactly<[index: number, string[]]>()(entry);
  for await (const result of cluster.imap("words", ["a"])) exactly<string[]>()(result);
  for (const request of cluster.makeRequests("words", ["a"], (_, result) =>
    exactly<string[]>()(result),
  ))
    await cluster.putRequest(request);

  // @ts-expect-error -- no such name
  await cluster.run("missing", []);
  // @ts-expect-error -- a wrong argument
  await cluster.run("add", [1, "2"]);
  // @ts-expect-error -- an argument is missing
  await cluster.run("add", [1]);
  // @ts-expect-error -- a function
  await cluster.run(add, [1, 2]);
  // @ts-expect-error -- a wrong item
  await cluster.map("words", [1]);
  // @ts-expect-error -- an option of the local pool
  await cluster.run("add", [1, 2], { transfer: [] });

  const untyped = await ClusterPool.connect({ name: "t", connection });
  exactly<unknown>()(await untyped.run("anything", []));

  await serveMachine({ name: "t", connection, registry });
  const parse = fromModule<typeof Tasks>(new URL("./tasks.ts", import.meta.url));
  await serveMachine({ name: "t", connection, registry: { parse: parse.add } });
  await ClusterPool.connect({ name: "t", connection, trace: metrics });
  await serveMachine({ name: "t", connection, registry, trace: metrics });
  // @ts-expect-error -- no callable
  await serveMachine({ name: "t", connection, registry: { five: 5 } });
}
