/** A worker of tinypool, which calls the exports of this file by name. */
export * from "./tasks.ts";
