import { Error } from "../runtime/index.ts";

/** The command was given something that it cannot work with. Its message is one sentence for the user, and nothing has run. */
export class UsageError extends Error {
  static {
    Object.defineProperty(this.prototype, "name", { value: "UsageError", configurable: true });
  }
}
