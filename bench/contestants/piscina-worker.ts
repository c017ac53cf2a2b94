/** A worker of piscina: it calls what this exports, by name. */
export * from "./tasks.ts";
