import { WorkRequest, fromModule, makeRequests } from "../../src/index.ts";
import type { ModuleCallable, ThreadPool } from "../../src/index.ts";
import { exactly } from "./exactly.ts";
import type { Point } from "./tasks.ts";

type Tasks = typeof import("./tasks.ts");
declare const url: URL;

export async function references(pool: ThreadPool): Promise<void> {
  const add = fromModule<Tasks, "add">(url, "add");
  exactly<ModuleCallable<Tasks["add"]>>()(add);
  exactly<number>()(await pool.run(add, [1, 2]));
  exactly<number>()(pool.runSync(add, [1, 2]));
  exactly<number>()(await pool.run(fromModule<Tasks>(url).addLater, [1, 2]));
  exactly<Point>()(await pool.run(fromModule<Tasks>(url).move, [{ x: 1, y: 2 }]));
  exactly<bigint>()(await pool.run(fromModule<Tasks>("/tasks.ts").now));

  void new WorkRequest(add, [1, 2], {}, { callback: (_, result) => exactly<number>()(result) });
  makeRequests(add, [[[1, 2], {}]], (_, result) => exactly<number>()(result));
  exactly<string>()(add.url);
  exactly<string>()(add.name);
}

/** The contract's own form: the name alone, with the module as the only type argument. */
export async function byNameAlone(pool: ThreadPool): Promise<void> {
  type One = Pick<Tasks, "add">;
  exactly<number>()(await pool.run(fromModule<One>(url, "add"), [1, 2]));
  // @ts-expect-error: of another type
  void pool.run(fromModule<One>(url, "add"), [1, "2"]);
  // @ts-expect-error: there is no such export
  fromModule<Tasks>(url, "subtract");
}

export async function byNameAmongMany(pool: ThreadPool): Promise<void> {
  type Alike = Pick<Tasks, "greet" | "shout">;
  exactly<string>()(await pool.run(fromModule<Alike>(url, "greet"), ["Ada"]));
  // @ts-expect-error: an argument that fits one of the functions, which may be another one
  void pool.run(fromModule<Tasks>(url, "add"), ["Ada"]);
  // @ts-expect-error: also the right ones, because the type of the reference does not say which function it is
  void pool.run(fromModule<Tasks>(url, "add"), [1, 2]);
  // @ts-expect-error: in a request, too
  void new WorkRequest(fromModule<Tasks>(url, "add"), ["Ada"]);
  // @ts-expect-error: and in several
  makeRequests(fromModule<Tasks>(url, "add"), ["Ada"]);
}

export function wrong(pool: ThreadPool): void {
  const add = fromModule<Tasks, "add">(url, "add");
  // @ts-expect-error: the arguments are missing
  void pool.run(add);
  // @ts-expect-error: one is missing
  void pool.run(add, [1]);
  // @ts-expect-error: of another type
  void pool.run(add, [1, "2"]);
  // @ts-expect-error: of another type
  pool.runSync(fromModule<Tasks>(url).greet, [1]);
  // @ts-expect-error: one too many
  void new WorkRequest(add, [1, 2, 3]);
  // @ts-expect-error: an item of another type
  makeRequests(fromModule<Tasks, "greet">(url, "greet"), [1]);
  // @ts-expect-error: there is no such export
  fromModule<Tasks, "subtract">(url, "subtract");
  // @ts-expect-error: there is no such export
  void fromModule<Tasks>(url).subtract;
  // @ts-expect-error: an export, but no function
  fromModule<Tasks, "LIMIT">(url, "LIMIT");
  // @ts-expect-error: an export, but no function
  void fromModule<Tasks>(url).LIMIT;
  // @ts-expect-error: the name of another one
  fromModule<Tasks, "add">(url, "greet");
  // @ts-expect-error: no URL
  fromModule<Tasks, "add">(5, "add");
}
