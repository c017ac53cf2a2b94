import { createHash } from "node:crypto";
import path, { basename } from "node:path";
import util, { format } from "node:util";
import { gzipSync } from "node:zlib";
import { expect, test } from "bun:test";
import { describeCallable } from "../../src/callable/index.ts";
import { environment } from "./fixtures/set-late.ts";

test.each([
  ["node:path", basename],
  ["node:util", format],
  ["node:zlib", gzipSync],
  ["node:crypto", createHash],
])(
  "a function of %s is found there, although an object that a module exports has it by now",
  (url, callable) => {
    environment.value = { path, util, zlib: { gzipSync }, crypto: { createHash } };
    expect(describeCallable(callable)).toMatchObject({ kind: "export", url });
  },
);
