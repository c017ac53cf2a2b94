/** A worker of tinypool: it calls what this exports, by name. */
export * from "./tasks.ts";
