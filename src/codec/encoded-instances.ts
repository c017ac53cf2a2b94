import { PayloadError } from "../errors.ts";
import { describeThrown, describeValue } from "../runtime/index.ts";
import { classNamed, type RegisteredClass } from "./classes.ts";
import { DecodeRefusal, Refusal, unwoundDecoding } from "./refusal.ts";
import type { ValueReader } from "./value-reader.ts";

/*
 * Instances of the classes that are registered with `encode` and `decode`: the functions of the user are called here.
 */

/** What the class's own function makes of an instance. */
export function encodedBy({ name, encode }: RegisteredClass, instance: object): unknown {
  try {
    return encode?.(instance);
  } catch (cause) {
    throw new Refusal(
      `could not be encoded: the encode of ${name} has thrown ${describeThrown(cause)}.`,
      { cause },
    );
  }
}

/** The refusal for an instance that is in what its own `encode` has returned: the other thread cannot make it first. */
export function refusedCycle(): Refusal {
  return new Refusal(
    "is the instance that is being encoded, or one around it; what an encode returns must not hold them.",
  );
}

/** Reads the name of the class and what `encode` has returned, and makes an instance of that. */
export function readEncoded(reader: ValueReader): object {
  const name = reader.readKey();
  const { decode } = classNamed(name);
  if (decode === undefined) {
    throw new PayloadError(
      `The other thread has registered this class with encode and decode, and this one without; register it once, in a module that is loaded in both. class=${name}`,
    );
  }
  const number = reader.reserve();
  const encoded = readInside(reader);
  const instance = decoded(decode, encoded, name);
  reader.assign(number, instance);
  return instance;
}

function readInside(reader: ValueReader): unknown {
  try {
    return reader.readValue();
  } catch (thrown) {
    throw unwoundDecoding(thrown, ".encode()");
  }
}

function decoded(
  decode: NonNullable<RegisteredClass["decode"]>,
  encoded: unknown,
  name: string,
): object {
  let instance: unknown;
  try {
    instance = decode(encoded);
  } catch (cause) {
    throw new DecodeRefusal(
      `could not be decoded: the decode of ${name} has thrown ${describeThrown(cause)}.`,
      { cause },
    );
  }
  if (typeof instance === "object" && instance !== null) return instance;
  throw new DecodeRefusal(
    `could not be decoded: the decode of ${name} must return an instance, and has returned ${describeValue(instance)}.`,
  );
}
