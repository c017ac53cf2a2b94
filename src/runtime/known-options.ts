import { describeValue } from "./describe.ts";

/**
 * Throws unless `options` is an object without unknown options. A misspelled option would otherwise be ignored.
 *
 * Values are not checked. The options are the own enumerable properties with string keys, also those that are undefined.
 *
 * @param options what a caller was given
 * @param known one entry for each option; tied to its type, a new option cannot be forgotten here
 * @param what whose options they are, with its article, for the message: `"a ThreadPool"`, `"registerClass"`
 * @throws TypeError when `options` is no object; when it has an unknown option, naming that and the known ones
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
