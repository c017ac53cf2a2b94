import { describeValue } from "./describe.ts";
import { TypeError } from "./globals.ts";

/**
 * Throws unless `options` is an object all of whose options are known; a misspelled option would otherwise be ignored.
 *
 * Every own enumerable property with a string key is an option, also when it is undefined. Values are not checked.
 *
 * @param options what the user has passed
 * @param known one entry an option; `satisfies Record<keyof Options, true>` makes the compiler refuse a forgotten one
 * @param what whose options these are, as in `The options of … are an object`: `"a ThreadPool"`, `"registerClass"`
 * @throws TypeError that names the unknown option and the known ones, or the value that is no object
 * @example
 * ```ts
 * const KNOWN_OPTIONS = { name: true } satisfies Record<keyof RegisterClassOptions, true>;
 * checkKnownOptions(options, KNOWN_OPTIONS, "registerClass");
 * ```
 */
export function checkKnownOptions(
  options: unknown,
  known: Readonly<Record<string, true>>,
  what: string,
): asserts options is object {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `The options of ${what} are an object, which may have ${namesOf(known)}: options=${describeValue(options)}`,
    );
  }
  for (const option of Object.keys(options)) {
    if (Object.hasOwn(known, option)) continue;
    throw new TypeError(
      `${what.replace(/^a(?=n? )/, "A")} has no such option; it knows ${namesOf(known)}: option=${option}`,
    );
  }
}

/**
 * The options without what `Object.prototype` adds to every object, once a program has given it enumerable properties. In
 * other programs these are the options themselves.
 */
export function ownOptions<T extends object>(options: T, known: Readonly<Record<string, true>>): T {
  for (const _ in NOTHING) return withoutInherited(options, known);
  return options;
}

const NOTHING = Object.freeze({});

function withoutInherited<T extends object>(options: T, known: object): T {
  const own = Object.create(null) as Record<string, unknown>;
  for (const option of Object.keys(known))
    if (!isOfEveryObject(options, option)) own[option] = Reflect.get(options, option);
  return own as T;
}

/** Whether an object has a property from `Object.prototype` alone, or not at all. */
function isOfEveryObject(object: object, key: string): boolean {
  let holder: object | null = object;
  while (holder !== null && holder !== Object.prototype) {
    if (Object.hasOwn(holder, key)) return false;
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return true;
}

function namesOf(known: object): string {
  return Object.keys(known).join(", ");
}
