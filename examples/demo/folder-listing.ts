import { readdirSync, readFileSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { join } from "node:path";

/** Something below the folder that is to be reported on: a file, or what may turn out not to be one. */
export interface ListedFile {
  readonly path: string;
  /** 0 when the system would not say. */
  readonly bytes: number;
  /** Differs once the file has been changed, see `hasChanged`. */
  readonly version: string;
}

export interface FolderListing {
  /** The largest first: a big file that is started last would keep one worker busy and all others waiting. */
  readonly files: readonly ListedFile[];
  /** Why a folder could not be listed, one line each. */
  readonly failures: readonly string[];
}

/**
 * Lists everything below a folder that is not a folder itself.
 *
 * A link to a file stands for the file. A link to a folder is not followed: it might lead in a
 * circle. Whatever cannot be read as a file is listed too, for its report to say why.
 */
export function listFolder(folder: string): FolderListing {
  const files: ListedFile[] = [];
  const failures: string[] = [];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    try {
      for (const entry of readdirSync(next, { withFileTypes: true })) {
        const path = join(next, entry.name);
        const stats = tryStat(path);
        if (stats?.isDirectory() !== true) files.push(listed(path, stats));
        else if (!entry.isSymbolicLink()) folders.push(path);
      }
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  files.sort((one, other) => other.bytes - one.bytes || (one.path < other.path ? -1 : 1));
  return { files, failures };
}

/** Reads every file once, so that the system has it in memory, as far as it fits, for whoever reads it next. */
export function warmFileCache(files: readonly ListedFile[]): void {
  for (const { path } of files) {
    try {
      if (statSync(path).isFile()) readFileSync(path);
    } catch {
      // Its report will say so.
    }
  }
}

/** Has the file been written, replaced, removed or made unreadable since it was listed? */
export function hasChanged(file: ListedFile): boolean {
  return versionOf(tryStat(file.path)) !== file.version;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function listed(path: string, stats: Stats | undefined): ListedFile {
  const bytes = stats?.isFile() === true ? stats.size : 0;
  return { path, bytes, version: versionOf(stats) };
}

/** The last change of content or permissions counts; the last time it was read does not. */
function versionOf(stats: Stats | undefined): string {
  return stats === undefined ? "none" : `${stats.ino} ${stats.size} ${stats.ctimeMs}`;
}

function tryStat(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
