import { fileReport } from "../demo/file-report.ts";

/** What the machines of the example serve. A producer imports the type of it, and nothing else. */
export const registry: { readonly fileReport: typeof fileReport } = { fileReport };
