import type { Decoder } from "./decoder.ts";
import type { Encoder } from "./encoder.ts";
import type * as Objects from "./objects.ts";

let objects: typeof Objects | undefined;

/**
 * The encoder and the decoder. They are loaded by the first call, in the middle of it: `require()` of a module that awaits
 * nothing needs no turn of the event loop.
 */
export function loadedCodec(): typeof Objects {
  // oxlint-disable-next-line typescript/no-require-imports -- an import would be loaded with this module
  return (objects ??= require("./objects.ts") as typeof Objects);
}

/** A decoder that is made when it is first needed. */
export class LazyDecoder {
  readonly #parameters: ConstructorParameters<typeof Decoder>;
  #decoder: Decoder | undefined;

  /** @param parameters those of the decoder */
  constructor(...parameters: ConstructorParameters<typeof Decoder>) {
    this.#parameters = parameters;
  }

  get made(): Decoder {
    return (this.#decoder ??= new (loadedCodec().Decoder)(...this.#parameters));
  }

  /** Whether it is decoding a value. */
  get isBusy(): boolean {
    return this.#decoder?.isBusy === true;
  }
}

/** An encoder that is made when it is first needed. */
export class LazyEncoder {
  readonly #parameters: ConstructorParameters<typeof Encoder>;
  #encoder: Encoder | undefined;

  /** @param parameters those of the encoder */
  constructor(...parameters: ConstructorParameters<typeof Encoder>) {
    this.#parameters = parameters;
  }

  get made(): Encoder {
    return (this.#encoder ??= new (loadedCodec().Encoder)(...this.#parameters));
  }
}
