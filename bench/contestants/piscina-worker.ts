/** A worker of piscina, which calls the exports of this file by name. */
export * from "./tasks.ts";
