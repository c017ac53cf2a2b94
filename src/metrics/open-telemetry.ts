import type * as Api from "@opentelemetry/api";
import { Error } from "../runtime/index.ts";

let loaded: typeof Api | undefined;

/**
 * `@opentelemetry/api`, loaded when a call needs it: programs without OpenTelemetry do not have it.
 *
 * @throws Error when it is not installed
 */
export function openTelemetry(): typeof Api {
  if (loaded !== undefined) return loaded;
  try {
    // oxlint-disable-next-line typescript/no-require-imports -- an import would be loaded with this module
    loaded = require("@opentelemetry/api") as typeof Api;
    return loaded;
  } catch (cause) {
    throw new Error(
      "OpenTelemetry's own package is needed for this, and it is not installed; install it with bun add @opentelemetry/api: package=@opentelemetry/api",
      { cause },
    );
  }
}
