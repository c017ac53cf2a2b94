/*
 * The modules that Bun has loaded before the program, because of `--preload` or of `preload` in bunfig.toml. Bun 1.4.5 does not load
 * them in workers. There they are as necessary: one of them may register the loader plugin for what a callable imports.
 */

import { isListed } from "../../callable/index.ts";
import {
  Bun,
  Set,
  callingFiles,
  isAbsolutePath,
  process,
  resolveModuleSync,
} from "../../runtime/index.ts";

const FLAG = /^(?:--preload|--require|--import|-r)$/;
const FLAG_WITH_MODULE = /^(?:(?:--preload|--require|--import|-r)=|-r)(.+)$/;
const CONFIG = /^(?:--config=|-c=?)(.+)$/;
/** A preload that makes a pool itself is near the top of the stack. */
const MOST_FRAMES = 50;

/** The program may go to another folder later. */
const firstFolder = process.cwd();

/** What may have been loaded, as absolute paths; undefined until it is asked for. */
let candidates: readonly string[] | undefined;
const loaded: Set<string> = new Set();

/**
 * The modules that were loaded in this thread before the program, in the order of their loading.
 *
 * The settings alone do not tell: under `bun test` others are in force. So a module counts that this thread has loaded, or is
 * loading.
 */
export function programPreloads(): readonly string[] {
  candidates ??= startFolders().flatMap((folder) =>
    [...ofConfig(folder), ...ofCommandLine()].flatMap((module) => resolved(module, folder)),
  );
  if (candidates.length === 0) return candidates;
  const calling = new Set(callingFiles(MOST_FRAMES));
  // A hot reload empties Bun's list of modules, and does not load these again.
  for (const path of candidates) if (isListed(path) || calling.has(path)) loaded.add(path);
  return [...new Set(candidates)].filter((path) => loaded.has(path));
}

/**
 * The folders in which Bun may have been started. The program may have gone to another one before it has loaded this package; the
 * shell's variable tells where it was then, but another program may have started Bun elsewhere.
 */
function startFolders(): readonly string[] {
  const { PWD } = process.env;
  const folders = new Set([firstFolder]);
  if (PWD !== undefined && isAbsolutePath(PWD)) folders.add(PWD);
  return [...folders];
}

function ofCommandLine(): string[] {
  const found: string[] = [];
  const { execArgv } = process;
  for (const [index, argument] of execArgv.entries()) {
    const next = execArgv[index + 1];
    const joined = FLAG_WITH_MODULE.exec(argument)?.[1];
    if (joined !== undefined) found.push(joined);
    else if (FLAG.test(argument) && next !== undefined) found.push(next);
  }
  return found;
}

function ofConfig(folder: string): string[] {
  const named = process.execArgv.flatMap((argument) => CONFIG.exec(argument)?.[1] ?? []);
  const path = named.at(-1) ?? "bunfig.toml";
  const file = isAbsolutePath(path) ? path : `${folder}/${path}`;
  // Most programs have no such file. The built-in module for files takes long to load.
  if (Bun.file(file).size === 0) return [];
  try {
    const text = new TextDecoder().decode(Bun.mmap(file));
    const { preload } = Bun.TOML.parse(text) as { readonly preload?: unknown };
    return [preload].flat().filter((module) => typeof module === "string");
  } catch {
    // Bun itself has read it, or there is none that can be read.
    return [];
  }
}

function resolved(module: string, folder: string): string | [] {
  try {
    return resolveModuleSync(module, folder);
  } catch {
    return [];
  }
}
