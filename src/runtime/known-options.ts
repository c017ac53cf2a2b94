import { describeValue } from "./describe.ts";

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

function namesOf(known: object): string {
  return Object.keys(known).join(", ");
}
