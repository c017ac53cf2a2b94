import type * as Classes from "./classes.ts";
import type { RegisterClassOptions } from "./classes.ts";

let classes: typeof Classes | undefined;

/**
 * Lets the instances of a class cross between threads, as instances of that class.
 *
 * Their own enumerable properties cross. The constructor is not called again. Private `#fields` do not cross, because
 * nothing outside the class can read them: keep what must cross in ordinary properties.
 *
 * For a class whose instances cannot be rebuilt from their properties, pass a pair of functions, `encode` and `decode`. Such
 * a class may extend a built-in class.
 *
 * Call it at the top level of the module that defines the class. Import that module where requests are put, and in the
 * module of the callable. To register a class again under the same name does nothing.
 *
 * @param constructor the class; subclasses and superclasses are not included, each is registered by itself
 * @param options `name`: what the class is called between threads, the same in every thread; the class's own name when
 *   left out, which a minifier may change
 * @throws TypeError for a value that is no class, an unknown option, a class without a name, a name that another class
 *   has, a second name for one class, a built-in class, and a subclass of a built-in class that keeps its contents
 *   outside its own properties (Map, Array, Promise, …); subclasses of Error can be registered
 * @example
 * ```ts
 * export class Point {
 *   x = 0;
 *   y = 0;
 * }
 * registerClass(Point);
 * registerClass(Decimal, { encode: (decimal) => decimal.toString(), decode: (text) => new Decimal(text) });
 * ```
 */
export function registerClass<T extends object, E>(
  constructor: abstract new (...args: never[]) => T,
  options?: RegisterClassOptions<T, E>,
): void {
  // oxlint-disable-next-line typescript/no-require-imports -- most programs register no class
  classes ??= require("./classes.ts") as typeof Classes;
  classes.registerClass(constructor, options);
}
