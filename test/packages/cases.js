// oxlint-disable typescript/unbound-method, import/no-named-as-default -- functions taken from their objects are what is tested
/*
 * Functions as programs take them from packages and built-in modules, with arguments to compare the pool with a plain call.
 * Plain JavaScript, because half of the packages have no types.
 */
import * as argon2 from "@node-rs/argon2";
import * as crc32 from "@node-rs/crc32";
import * as xxhash from "@node-rs/xxhash";
import { sha256 } from "@noble/hashes/sha2.js";
import * as acorn from "acorn";
import axios from "axios";
import bcrypt from "bcryptjs";
import bytes from "bytes";
import camelcase from "camelcase";
import { snakeCase } from "change-case";
import chroma from "chroma-js";
import convert from "color-convert";
import cssesc from "cssesc";
import { parse as parseCsv } from "csv-parse/sync";
import * as d3 from "d3-array";
import dayjs from "dayjs";
import Decimal from "decimal.js";
import ejs from "ejs";
import * as entities from "entities";
import escapeHtml from "escape-html";
import deepEqual from "fast-deep-equal";
import { distance } from "fastest-levenshtein";
import * as fflate from "fflate";
import Handlebars from "handlebars";
import * as hashWasm from "hash-wasm";
import * as he from "he";
import hljs from "highlight.js";
import ini from "ini";
import * as yamlOf from "js-yaml";
import JSON5 from "json5";
import { klona } from "klona";
import leven from "leven";
import _ from "lodash";
import * as lodashEs from "lodash-es";
import { marked } from "marked";
import mime from "mime";
import { minimatch } from "minimatch";
import ms from "ms";
import Mustache from "mustache";
import crypto, { pbkdf2Sync } from "node:crypto";
import { readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import querystring from "node:querystring";
import { domainToASCII } from "node:url";
import util from "node:util";
import zlib, { gzipSync } from "node:zlib";
import objectHash from "object-hash";
import * as pako from "pako";
import Papa from "papaparse";
import picomatch from "picomatch";
import Prism from "prismjs";
import qs from "qs";
import queryString from "query-string";
import rfdc from "rfdc";
import semver from "semver";
import slugify from "slugify";
import { stemmer } from "stemmer";
import { minify } from "terser";
import toml from "toml";
import nacl from "tweetnacl";
import { v5, validate } from "uuid";
import validator from "validator";
import * as YAML from "yaml";

const namespace = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
const salt = Buffer.from("a salt of some length");
const some = new Uint8Array([1, 2, 3, 3, 3, 3, 3, 3]);

/** [what a program writes, the function, its arguments]: these must agree with a plain call. */
export const agreeing = [
  // ES modules, by name.
  ["terser.minify", minify, ["var a = 1 + 2; console.log(a)"]],
  ["marked.parse", marked.parse, ["# a *b*"]],
  ["marked", marked, ["# a"]],
  ["acorn.isIdentifierChar", acorn.isIdentifierChar, [65]],
  ["jsYaml.load", yamlOf.load, ["a: [1, 2]"]],
  ["jsYaml.dump", yamlOf.dump, [{ a: [1, 2] }]],
  ["YAML.parse", YAML.parse, ["a: 1"]],
  ["YAML.stringify", YAML.stringify, [{ a: 1 }]],
  ["uuid.v5", v5, ["a", namespace]],
  ["uuid.validate", validate, [namespace]],
  ["minimatch", minimatch, ["a.js", "*.js"]],
  ["minimatch.braceExpand", minimatch.braceExpand, ["{a,b}"]],
  ["csvParse.parse", parseCsv, ["a,b\n1,2"]],
  ["fflate.deflateSync", fflate.deflateSync, [some]],
  ["fflate.strFromU8", fflate.strFromU8, [some]],
  ["changeCase.snakeCase", snakeCase, ["aB"]],
  ["camelcase", camelcase, ["a-b"]],
  ["nobleHashes.sha256", sha256, [some]],
  ["stemmer", stemmer, ["running"]],
  ["leven", leven, ["kitten", "sitting"]],
  ["entities.encodeXML", entities.encodeXML, ["<é"]],
  ["entities.decodeHTML", entities.decodeHTML, ["&eacute;"]],
  ["rfdc", rfdc(), [{ a: 1 }]],
  ["klona", klona, [{ a: [1] }]],
  ["he.encode", he.encode, ["<é>"]],
  // ES modules that export again what inner modules define.
  ["d3.max", d3.max, [[1, 2]]],
  ["d3.median", d3.median, [[1, 2, 3]]],
  ["d3.bisect", d3.bisect, [[1, 2, 3], 2]],
  ["lodashEs.sortBy", lodashEs.sortBy, [[3, 1, 2]]],
  ["lodashEs.camelCase", lodashEs.camelCase, ["foo bar"]],
  ["lodashEs.default.chunk", lodashEs.default.chunk, [[1, 2, 3], 2]],
  // A default export with functions of its own, some of which need what the entry registers.
  ["chroma.valid", chroma.valid, ["red"]],
  ["chroma.contrast", chroma.contrast, ["red", "white"]],
  ["chroma.distance", chroma.distance, ["#fff", "#ff0"]],
  ["hljs.listLanguages", hljs.listLanguages, []],
  ["hljs.getLanguage, unknown", hljs.getLanguage, ["no such language"]],
  ["axios.isCancel", axios.isCancel, [1]],
  ["axios.getUri", axios.getUri, [{ url: "/a", params: { b: 1 } }]],
  ["ejs.render", ejs.render, ["<%= a %>", { a: 1 }]],
  ["Mustache.render", Mustache.render, ["{{a}}", { a: 1 }]],
  ["queryString.stringify", queryString.stringify, [{ a: [1, 2] }]],
  ["ini.parse", ini.parse, ["a=1"]],
  ["JSON5.parse", JSON5.parse, ["{a:1}"]],
  ["bcrypt.hashSync", bcrypt.hashSync, ["a", "$2a$04$abcdefghijklmnopqrstuu"]],
  // CommonJS: module.exports is a function, an object, or both.
  ["ms", ms, ["2 days"]],
  ["bytes", bytes, ["1kb"]],
  ["bytes.parse", bytes.parse, ["1kb"]],
  ["semver.satisfies", semver.satisfies, ["1.2.3", "^1"]],
  ["semver.inc", semver.inc, ["1.2.3", "minor"]],
  ["qs.parse", qs.parse, ["a[b]=1"]],
  ["picomatch.isMatch", picomatch.isMatch, ["a.js", "*.js"]],
  ["validator.isEmail", validator.isEmail, ["a@b.co"]],
  ["validator.isIBAN", validator.isIBAN, ["GB82WEST12345698765432"]],
  ["cssesc", cssesc, ["a b"]],
  ["escapeHtml", escapeHtml, ["<"]],
  ["deepEqual", deepEqual, [{ a: 1 }, { a: 1 }]],
  ["distance", distance, ["a", "b"]],
  ["convert.rgb.hsl", convert.rgb.hsl, [1, 2, 3]],
  ["convert.rgb.hsl.raw", convert.rgb.hsl.raw, [1, 2, 3]],
  ["toml.parse", toml.parse, ["a=1"]],
  ["objectHash", objectHash, [{ a: 1 }]],
  ["objectHash.sha1", objectHash.sha1, [{ a: 1 }]],
  ["Handlebars.precompile", Handlebars.precompile, ["{{a}}"]],
  ["Handlebars.escapeExpression", Handlebars.escapeExpression, ["<"]],
  ["Prism.highlight", Prism.highlight, ["a = 1", Prism.languages.clike, "clike"]],
  // UMD.
  ["_.chunk", _.chunk, [[1, 2, 3], 2]],
  ["_.groupBy", _.groupBy, [[{ a: 1 }, { a: 2 }], "a"]],
  ["_.camelCase", _.camelCase, ["foo bar"]],
  ["Papa.parse", Papa.parse, ["a,b\n1,2"]],
  ["Papa.unparse", Papa.unparse, [[[1, 2]]]],
  ["dayjs.isDayjs", dayjs.isDayjs, [1]],
  ["slugify", slugify, ["a b"]],
  ["pako.deflate", pako.deflate, [some]],
  ["nacl.hash", nacl.hash, [some]],
  ["nacl.verify", nacl.verify, [some, some]],
  // Native add-ons and WebAssembly.
  ["xxhash.xxh64", xxhash.xxh64, ["a"]],
  ["xxhash.xxh3.xxh64", xxhash.xxh3.xxh64, ["a"]],
  ["argon2.hashRawSync", argon2.hashRawSync, ["a", { salt }]],
  ["argon2.verify", argon2.verify, [argon2.hashSync("a", { salt }), "a"]],
  ["crc32.crc32", crc32.crc32, ["a"]],
  ["hashWasm.md5", hashWasm.md5, ["a"]],
  ["hashWasm.xxhash64", hashWasm.xxhash64, ["a"]],
  // Built-in modules, in native code and in JavaScript.
  ["pbkdf2Sync", pbkdf2Sync, ["a", "b", 10, 16, "sha256"]],
  ["crypto.scryptSync", crypto.scryptSync, ["a", "b", 16]],
  ["crypto.hash", crypto.hash, ["sha1", "a"]],
  ["gzipSync", gzipSync, ["a"]],
  ["zlib.crc32", zlib.crc32, ["a"]],
  ["path.join", path.join, ["a", "b"]],
  ["path.win32.join", path.win32.join, ["a", "b"]],
  ["util.format", util.format, ["%s", 1]],
  ["util.types.isDate", util.types.isDate, [new Date(0)]],
  ["readFile", readFile, [import.meta.filename, "utf8"]],
  ["os.platform", os.platform, []],
  ["domainToASCII", domainToASCII, ["español.com"]],
  ["querystring.parse", querystring.parse, ["a=1"]],
  // Bun's own.
  ["Bun.hash", Bun.hash, ["a"]],
  ["Bun.hash.crc32", Bun.hash.crc32, ["a"]],
  ["Bun.deflateSync", Bun.deflateSync, [some]],
  ["Bun.escapeHTML", Bun.escapeHTML, ["<"]],
  ["Bun.stringWidth", Bun.stringWidth, ["日"]],
  ["Bun.TOML.parse", Bun.TOML.parse, ["a=1"]],
  ["Bun.semver.order", Bun.semver.order, ["1.0.0", "2.0.0"]],
];

/** [what a program writes, what it is, the function, its arguments, the error]: these cannot run in a worker. */
export const refused = [
  ["picomatch()", "a closure", picomatch("*.js"), ["a.js"], /is not defined: an inline function/],
  [
    "chroma.scale()",
    "a closure",
    chroma.scale(["red", "blue"]),
    [0.5],
    /is not defined: an inline function/,
  ],
  [
    "_.template()",
    "a closure",
    _.template("<%= a %>"),
    [{ a: 1 }],
    /cannot be evaluated away from its place/,
  ],
  ["_.partial()", "a closure", _.partial(_.chunk, [1]), [1], /is not defined: an inline function/],
  ["acorn.Parser", "a class", acorn.Parser, [{ ecmaVersion: 2024 }, "1"], /called on no object/],
  ["YAML.Document", "a class", YAML.Document, [1], /A class cannot be called/],
  ["mime.getType", "a method", mime.getType, ["a.css"], /uses the object that it is called on/],
  ["Decimal.random", "a method", Decimal.random, [], /called on no object/],
  ["dayjs().format", "a method", dayjs(0).format, [], /uses the object that it is called on/],
  ["path.join.bind()", "a bound function", path.join.bind(null, "a"), ["b"], /bound/],
];
